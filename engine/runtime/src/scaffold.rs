//! A project to start from: what `guiju new` writes.

mod from;

pub use from::write_from;

use guiju_lang::finding::{Arg, At, Finding, Lang, codes};
use minijinja::{Environment, context, syntax::SyntaxConfig};
use std::{
    io::Write,
    path::{Path, PathBuf},
};

macro_rules! templates {
    ($($name:literal => $path:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../", $path)))),*]
    };
}

static EN: &[(&str, &str)] = templates! {
    "guiju.yaml" => "templates/new/en/guiju.yaml.j2",
    "{name}.gj" => "templates/new/en/rulebook.gj.j2",
    "data/customers.csv" => "templates/new/en/customers.csv",
    "data/managers.csv" => "templates/new/en/managers.csv",
    "calendars/sse.yaml" => "rulebooks/calendars/sse.yaml",
};

static ZH: &[(&str, &str)] = templates! {
    "guiju.yaml" => "templates/new/zh/guiju.yaml.j2",
    "{name}.gj" => "templates/new/zh/rulebook.gj.j2",
    "data/客户.csv" => "templates/new/zh/客户.csv",
    "data/客户经理.csv" => "templates/new/zh/客户经理.csv",
    "calendars/sse.yaml" => "rulebooks/calendars/sse.yaml",
};

/// Writes a project into a folder that does not exist or is empty; the files written.
pub fn write(folder: &Path, keywords: Lang) -> Result<Vec<PathBuf>, Finding> {
    let (name, title) = named(folder);
    let templates = match keywords {
        Lang::En => EN,
        Lang::Zh => ZH,
    };
    let texts = templates.iter().map(|(file, text)| {
        let data = file.starts_with("data/") || file.starts_with("calendars/");
        (file.replace("{name}", &name), if data { (*text).to_owned() } else { render(text, &name, &title) })
    });
    write_all(folder, &texts.collect::<Vec<_>>())
}

/// The rulebook's name and title after the folder's.
fn named(folder: &Path) -> (String, String) {
    let title = folder.file_name().map_or_else(|| "rulebook".to_owned(), |name| name.to_string_lossy().into_owned());
    (identifier(&title), title)
}

/// Nothing is written into a folder that has something in it.
fn write_all(folder: &Path, files: &[(String, String)]) -> Result<Vec<PathBuf>, Finding> {
    let taken = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) || folder.is_file();
    if taken {
        return Err(
            Finding::new(codes::cli::FOLDER_TAKEN, At::Nowhere).arg("path", Arg::Name(folder.display().to_string()))
        );
    }
    let mut written = Vec::with_capacity(files.len());
    for (file, text) in files {
        let path = folder.join(file);
        create(&path, text).map_err(|error| {
            Finding::new(codes::cli::UNWRITABLE, At::Nowhere)
                .arg("path", Arg::Name(path.display().to_string()))
                .arg("reason", Arg::Plain(error.to_string()))
        })?;
        written.push(path);
    }
    Ok(written)
}

/// The shipped templates are ours and are rendered by a test; a template that failed would be written as it stands.
fn render(text: &str, name: &str, title: &str) -> String {
    environment().render_str(text, context! { name, title }).unwrap_or_else(|_| text.to_owned())
}

/// A file ends as its template does, with a line end.
fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    if let Ok(syntax) = SyntaxConfig::builder().keep_trailing_newline(true).build() {
        environment.set_syntax(syntax);
    }
    environment
}

/// A folder's name as a rulebook's: everything that a name cannot hold becomes `_`.
fn identifier(title: &str) -> String {
    let name: String = title.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    if name.starts_with(|c: char| c.is_alphabetic()) { name } else { format!("r{name}") }
}

fn create(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = std::fs::File::create_new(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_render_and_leave_slots_alone() {
        for (file, text) in EN.iter().chain(ZH).filter(|(file, _)| file.ends_with(".gj") || file.ends_with(".yaml")) {
            let rendered = environment().render_str(text, context! { name => "care", title => "care" });
            assert!(rendered.is_ok_and(|text| !text.contains("{{") && text.ends_with('\n')), "{file}");
        }
    }

    #[test]
    fn names_come_from_folders() {
        assert_eq!(identifier("客户关怀"), "客户关怀");
        assert_eq!(identifier("my rules-2"), "my_rules_2");
        assert_eq!(identifier("2026"), "r2026");
    }

    #[test]
    fn a_folder_with_something_in_it_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("mine.txt"), "x").unwrap();
        assert_eq!(write(folder.path(), Lang::En).unwrap_err().code, codes::cli::FOLDER_TAKEN);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
