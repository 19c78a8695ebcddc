//! A project around a table that the user has: `guiju new FOLDER --from FILE`.

use super::{environment, write_all};
use guiju_connect::{
    config::Connection,
    inspect::{ColumnProfile, Profile, inspect},
    read::ReadOptions,
};
use guiju_lang::{
    finding::{At, Finding, Lang, codes},
    schema::spelled,
};
use minijinja::context;
use std::path::{Path, PathBuf};

/// Inspects the table and writes a project with its declaration, a first event over one of its columns, and a test.
pub fn write_from(folder: &Path, keywords: Lang, table: &Path) -> Result<Vec<PathBuf>, Vec<Finding>> {
    let connection = Connection::of_path(table).map_err(|finding| vec![finding])?;
    let profile = inspect(&connection, None, ReadOptions::default(), &mut |_, _, _| true)?;
    // It was not told to stop.
    let Some(profile) = profile else { return Ok(Vec::new()) };
    let absent = |code| vec![Finding::new(code, At::data(table.display().to_string()))];
    let key = profile.columns.iter().find(|c| Some(&c.name) == profile.key.as_ref());
    let key = key.ok_or_else(|| absent(codes::cli::NO_KEY_COLUMN))?;
    let event = Event::of(&profile, key, keywords).ok_or_else(|| absent(codes::cli::NO_CONDITION_COLUMN))?;
    let (name, title) = super::named(folder);
    let path = std::path::absolute(table).unwrap_or_else(|_| table.to_owned());
    // YAML reads JSON's texts.
    let yaml_text = |text: &str| serde_json::Value::from(text).to_string();
    let values = context! {
        name => name.as_str(), title,
        connection => yaml_text(&connection.name),
        kind => connection.kind.word(),
        path => yaml_text(&path.display().to_string()),
        declaration => declaration(&profile, keywords),
        source => spelled(&connection.name),
        key => spelled(&key.name),
        key_value => event.key_value,
        condition => event.condition,
        column => event.column,
        value => event.value,
        others => event.others,
        task => event.task,
        sentence => event.sentence,
    };
    let (yaml, rulebook) = match keywords {
        Lang::En => (
            include_str!("../../../../templates/new/from/en.yaml.j2"),
            include_str!("../../../../templates/new/from/en.gj.j2"),
        ),
        Lang::Zh => (
            include_str!("../../../../templates/new/from/zh.yaml.j2"),
            include_str!("../../../../templates/new/from/zh.gj.j2"),
        ),
    };
    let render = |text: &str| environment().render_str(text, &values).unwrap_or_else(|_| text.to_owned());
    let files = [
        ("guiju.yaml".to_owned(), render(yaml)),
        (format!("{name}.gj"), render(rulebook)),
        ("calendars/sse.yaml".to_owned(), include_str!("../../../../rulebooks/calendars/sse.yaml").to_owned()),
    ];
    write_all(folder, &files).map_err(|finding| vec![finding])
}

fn declaration(profile: &Profile, keywords: Lang) -> String {
    use guiju_grammar::{FormatOptions, format, keyword::Language};
    let keywords = match keywords {
        Lang::En => Language::En,
        Lang::Zh => Language::Zh,
    };
    format(&profile.declaration, &FormatOptions { keywords: Some(keywords) })
        .unwrap_or_else(|_| profile.declaration.clone())
}

/// An event that the table's own values suggest.
struct Event {
    condition: String,
    column: String,
    value: String,
    key_value: String,
    /// `, name: "…"`
    others: String,
    task: String,
    sentence: String,
}

const NAMES: [&str; 6] = ["name", "customer_name", "cust_name", "姓名", "名称", "客户姓名"];

impl Event {
    /// A date within the next thirty days; else an amount that reaches the largest there is; else the most frequent text.
    fn of(profile: &Profile, key: &ColumnProfile, keywords: Lang) -> Option<Self> {
        let pick = |en: String, zh: String| if keywords == Lang::En { en } else { zh };
        let others = || profile.columns.iter().filter(|c| c.name != key.name && c.min.is_some());
        let number = |c: &&ColumnProfile| c.ty.starts_with("decimal") || c.ty == "integer";
        let (column, condition, value, sentence) = if let Some(c) = others().find(|c| c.ty == "date") {
            let name = spelled(&c.name);
            let condition = pick(format!("{name} within next 30d"), format!("{name} 在未来30天内"));
            let sentence = pick(format!("{} is within thirty days", c.name), format!("{} 在三十天之内", c.name));
            (c, condition, "2026-12-01".to_owned(), sentence)
        } else if let Some(c) = others().filter(|c| c.hint.is_none()).find(number) {
            let most = c.max.clone()?;
            let condition = format!("{} >= {most}", spelled(&c.name));
            let sentence = pick(format!("{} reaches {most}", c.name), format!("{} 达到 {most}", c.name));
            (c, condition, most, sentence)
        } else {
            let c = others().find(|c| c.ty == "text" && !c.top.is_empty())?;
            let value = quoted(&c.top.first()?.0);
            let sentence = pick(format!("{} is as expected", c.name), format!("{} 符合条件", c.name));
            (c, format!("{} = {value}", spelled(&c.name)), value, sentence)
        };
        let person = others().find(|c| c.ty == "text" && NAMES.contains(&c.name.to_lowercase().as_str()));
        let person = person.filter(|person| person.name != column.name);
        let called = person.map_or_else(
            || format!("{{{}}}", spelled(&key.name)),
            |person| {
                let name = spelled(&person.name);
                if person.missing == 0 {
                    format!("{{{name}}}")
                } else {
                    format!("{{{name} {} {}}}", pick("or else".into(), "为空则取".into()), quoted("?"))
                }
            },
        );
        let key_value = if key.ty == "text" { quoted(key.min.as_deref()?) } else { key.min.clone()? };
        let others = person.map_or_else(String::new, |person| format!(", {}: {}", spelled(&person.name), quoted("A")));
        let task = pick(format!("Contact {called}"), format!("请联系{called}"));
        Some(Self { condition, column: spelled(&column.name).into_owned(), value, key_value, others, task, sentence })
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('{', "{{").replace('}', "}}"))
}
