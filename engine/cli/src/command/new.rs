//! `guiju new`

use crate::{
    Exit,
    args::{Language, New},
    output::Out,
};
use guiju::{
    lang::finding::{Lang, Sources},
    scaffold,
};
use serde_json::json;

pub(crate) fn run(args: &New, out: &Out) -> Exit {
    let keywords = match args.keywords {
        Some(Language::Zh) => Lang::Zh,
        Some(Language::En) => Lang::En,
        None => out.lang,
    };
    let written = match &args.from {
        Some(table) => scaffold::write_from(&args.folder, keywords, table),
        None => scaffold::write(&args.folder, keywords).map_err(|finding| vec![finding]),
    };
    match written {
        Ok(files) => {
            let shown: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
            for file in &shown {
                out.say(file);
            }
            let folder = args.folder.display();
            out.say(out.pick(
                &format!("next: guiju test {folder} && guiju run {folder} --today 2026-11-20"),
                &format!("接下来：guiju test {folder} && guiju run {folder} --today 2026-11-20"),
            ));
            out.document(&json!({ "ok": true, "files": shown }));
            Exit::Well
        }
        Err(found) => out.fail(&found, &Sources::new(), Exit::Failed),
    }
}
