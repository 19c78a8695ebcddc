//! Random templates, as text, with what is needed to make values for them.

use crate::choices::Choices;

#[derive(Clone)]
pub(crate) enum Shape {
    /// The element's name, a constant value, and whether a mandatory split decimal's exponent is constant.
    Scalar {
        kind: &'static str,
        constant: Option<String>,
        exponent: Option<i32>,
    },
    Sequence(Vec<Field>),
    Group(Vec<Field>),
    /// A message of whatever template.
    Dynamic,
}

#[derive(Clone)]
pub(crate) struct Field {
    pub(crate) optional: bool,
    pub(crate) shape: Shape,
}

pub(crate) struct Template {
    pub(crate) name: String,
    pub(crate) fields: Vec<Field>,
}

pub(crate) struct File {
    pub(crate) text: String,
    /// Those with an identifier.
    pub(crate) templates: Vec<Template>,
}

const KINDS: [&str; 13] = [
    "uInt32",
    "int32",
    "uInt64",
    "int64",
    "string",
    "decimal",
    "byteVector",
    "unicode",
    "uInt8",
    "int8",
    "uInt16",
    "int16",
    "split",
];

/// Two to four templates: the first is only referred to by name, the second is small enough for dynamic references.
pub(crate) fn file(choices: &mut Choices<'_>) -> File {
    let mut writer = Writer { text: String::new(), names: 0, part: None, budget: 60 };
    let mut templates = Vec::new();
    writer.text.push_str("<templates>");
    writer.text.push_str("<template name=\"Part\">");
    let part = writer.fields(choices, 3, 9);
    writer.text.push_str("</template>");
    for at in 0..2 + choices.below(2) {
        writer.part = Some(part.clone());
        let attributes =
            choices.one(&["", " dictionary=\"template\"", " dictionary=\"type\"", " dictionary=\"mine\"", " ns=\"n\""]);
        writer.text.push_str(&format!("<template name=\"T{at}\" id=\"{}\"{attributes}>", [3, 200, 70_000][at]));
        if choices.rarely(3) {
            writer.text.push_str("<typeRef name=\"Kind\"/>");
        }
        let depth = if at == 0 { 9 } else { 0 };
        let fields = writer.fields(choices, 8, depth);
        writer.text.push_str("</template>");
        templates.push(Template { name: format!("T{at}"), fields });
    }
    writer.text.push_str("</templates>");
    File { text: writer.text, templates }
}

struct Writer {
    text: String,
    names: usize,
    part: Option<Vec<Field>>,
    budget: usize,
}

impl Writer {
    fn fields(&mut self, choices: &mut Choices<'_>, most: usize, depth: usize) -> Vec<Field> {
        let mut fields = Vec::new();
        for _ in 0..choices.below(most + 1) {
            if self.budget == 0 {
                break;
            }
            self.budget -= 1;
            self.names += 1;
            match choices.below(16) {
                0 if depth < 3 => {
                    let optional = self.open(choices, "sequence");
                    if choices.rarely(2) {
                        self.text.push_str("<length>");
                        let _ = self.operator(choices, "uInt32", optional, true);
                        self.text.push_str("</length>");
                    }
                    let inner = self.fields(choices, 4, depth + 1);
                    self.text.push_str("</sequence>");
                    fields.push(Field { optional, shape: Shape::Sequence(inner) });
                }
                1 if depth < 3 => {
                    let optional = self.open(choices, "group");
                    let inner = self.fields(choices, 4, depth + 1);
                    self.text.push_str("</group>");
                    fields.push(Field { optional, shape: Shape::Group(inner) });
                }
                2 if depth == 0 => {
                    self.text.push_str("<templateRef/>");
                    fields.push(Field { optional: false, shape: Shape::Dynamic });
                }
                3 if self.part.is_some() => {
                    self.text.push_str("<templateRef name=\"Part\"/>");
                    fields.extend(self.part.iter().flatten().cloned());
                }
                _ => fields.push(self.scalar(choices)),
            }
        }
        fields
    }

    fn open(&mut self, choices: &mut Choices<'_>, element: &str) -> bool {
        let optional = choices.rarely(2);
        let presence = if optional { " presence=\"optional\"" } else { "" };
        let charset = if element == "unicode" { " charset=\"unicode\"" } else { "" };
        let element = written(element);
        self.text.push_str(&format!("<{element} name=\"F{}\"{presence}{charset}>", self.names));
        optional
    }

    fn scalar(&mut self, choices: &mut Choices<'_>) -> Field {
        let kind = choices.one(&KINDS);
        let optional = self.open(choices, kind);
        let (mut constant, mut exponent) = (None, None);
        if kind == "split" {
            self.text.push_str("<exponent>");
            let part = self.operator(choices, "exponent", optional, false);
            exponent = part.map(|text| text.parse().unwrap());
            self.text.push_str("</exponent><mantissa>");
            let _ = self.operator(choices, "mantissa", false, true);
            self.text.push_str("</mantissa>");
        } else {
            constant = self.operator(choices, kind, optional, false);
        }
        self.text.push_str(&format!("</{}>", written(kind)));
        Field { optional, shape: Shape::Scalar { kind, constant, exponent } }
    }

    /// An operator; the value if it is a constant.
    fn operator(&mut self, choices: &mut Choices<'_>, kind: &str, optional: bool, no_constant: bool) -> Option<String> {
        let number = kind.contains("nt") && kind != "byteVector" && kind != "exponent" && kind != "mantissa";
        let text = matches!(kind, "string" | "unicode" | "byteVector");
        let operator = match choices.below(8) {
            0 | 1 => return None,
            2 if no_constant => "copy",
            2 => "constant",
            3 => "default",
            4 if text => "tail",
            4 if number => "increment",
            5 | 6 => "delta",
            _ => "copy",
        };
        let must = operator == "constant" || (operator == "default" && !optional);
        let initial = (must || choices.rarely(2)).then(|| initial(choices, kind));
        let value = initial.as_ref().map(|text| format!(" value=\"{text}\"")).unwrap_or_default();
        // Fields of one type share the entry; optional ones may leave it empty.
        let key = if !matches!(operator, "constant" | "default") && choices.rarely(3) {
            format!(" key=\"{kind}\"{}", choices.one(&["", " dictionary=\"global\"", " dictionary=\"template\""]))
        } else {
            String::new()
        };
        self.text.push_str(&format!("<{operator}{value}{key}/>"));
        initial.filter(|_| operator == "constant")
    }
}

fn written(kind: &str) -> &str {
    match kind {
        "unicode" => "string",
        "split" => "decimal",
        other => other,
    }
}

fn initial(choices: &mut Choices<'_>, kind: &str) -> String {
    choices
        .one(match kind {
            "decimal" => &["0", "1.5", "-0.25", "1200", "9223372036854775807"][..],
            "string" => &["", "a", "abcdefgh", "abcdefghijklm"],
            "unicode" => &["", "鱼", "鱼和熊掌"],
            "byteVector" => &["", "00", "00ff00ff00ff00ff00ff"],
            "exponent" => &["0", "-2", "3"],
            _ => &["0", "1", "7", "63", "127"],
        })
        .to_owned()
}
