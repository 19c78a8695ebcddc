//! Twenty rules over windows, and the same rules without: what windows cost is the difference.

/// Each condition; between `{` and `|` a figure, between `|` and `}` the column that stands in for it where there are no windows.
const CONDITIONS: [&str; 20] = [
    "{sum(outflow) over 1h|outflow} > 18万 and {count() over 1h|lots} >= 3",
    "{sum(outflow) over 10m|outflow} > 9万 and {count() over 1h|lots} >= 3",
    "{count() over 10m|lots} >= 12",
    "{count() over 1h|lots} >= 36 and outflow > 4000",
    "{avg(outflow) over 1h|outflow} > 8800",
    "{count() over 10m|lots} >= 8 and {avg(outflow) over 10m|outflow} > 1.5 * {avg(outflow) over 1h|outflow}",
    "{max(outflow) over 1h|outflow} < 6000 and {count() over 1h|lots} >= 12",
    "outflow > 9998 and outflow >= {max(outflow) over 1h|fee}",
    "{min(outflow) over 1h|outflow} > 4000 and {count() over 1h|lots} >= 12",
    "{sum(lots) over 1h|lots} > 2700",
    "{max(lots) over 10m|lots} < 20 and {count() over 10m|lots} >= 5",
    "{last(price) over 10m|price} < 0.05 * {first(price) over 10m|price} and {count() over 10m|lots} >= 8",
    "({min(price) over 1h|price} > 40 or {max(price) over 1h|price} < 60) and {count() over 1h|lots} >= 12",
    "{sum(outflow) over 1h|outflow} > 19万",
    "{distinct(product) over 1h|lots} <= 7 and {count() over 1h|lots} >= 12",
    "{count() over 1m|lots} >= 4",
    "{sum(outflow) over 1m|outflow} > 3万",
    "{sum(lots) over 10m|lots} > 800",
    "{sum(outflow) over 10m|outflow} > 8万 and {avg(outflow) over 1h|outflow} > 6000",
    "{min(price) over 10m|price} > 80 and {count() over 10m|lots} >= 5",
];

/// The rulebook, and how many figures its rules ask for.
pub(crate) fn rulebook(windows: bool) -> (String, usize) {
    let mut text = "rulebook desk { zone \"Asia/Shanghai\" }
source trades from line topic \"trades\" {
  key id
  time column at
  lateness 5s
  column id is integer required
  column customer is text
  column at is timestamp
  column outflow is decimal(18, 2)
  column fee is decimal(18, 2)
  column price is decimal(10, 3)
  column lots is integer
  column product is integer
}
sink tasks to out
"
    .to_owned();
    let mut asked = 0;
    for (number, condition) in (1..).zip(CONDITIONS) {
        let mut when = String::new();
        for part in condition.split_inclusive(['{', '}']) {
            match part.strip_suffix('}') {
                Some(choice) => {
                    let (figure, column) = choice.split_once('|').unwrap_or_default();
                    asked += 1;
                    when.push_str(if windows { figure } else { column });
                }
                None => when.push_str(part.trim_end_matches('{')),
            }
        }
        // What stands in for a figure is not what the threshold was made for.
        let never = if windows { "" } else { " and id < 0" };
        text.push_str(&format!(
            "event rule_{number} {{\n  on trades by customer\n  when ({when}){never}\n  once per customer every 1h\n  task \"{{customer}}: {number}\"\n  to tasks\n}}\n"
        ));
    }
    (text, asked)
}
