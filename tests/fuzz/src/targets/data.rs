//! Files that customers bring: any bytes are rows or a finding.

use crate::Target;
use guiju_connect::fuzz;

pub(super) const CSV: Target = Target {
    name: "csv",
    files: &["csv"],
    examples: &[
        "\0id,name\n1,\"a \"\"b\"\", c\"\r\n\n2,\n",
        "\0\u{feff}编号,余额\n000123,12.50\n",
        "\0a\n\"open\nnever closed",
    ],
    longest: 16 * 1024,
    run: |bytes| drop(fuzz::csv(bytes)),
};

pub(super) const JSON_LINES: Target = Target {
    name: "jsonl",
    files: &["jsonl"],
    examples: &["{\"a\": 1.50, \"b\": \"x\\u4e2d\"}\n\n{\"a\": null}\n", "{\"a\":1,\"a\":2}", "[{}]"],
    longest: 16 * 1024,
    run: |bytes| drop(fuzz::jsonl(bytes)),
};

pub(super) const WORKBOOK: Target = Target {
    name: "workbook",
    files: &["xlsx"],
    // An empty archive, a first file header, and an end that points into nothing: the shapes that a reader looks for.
    examples: &[
        "PK\u{3}\u{4}",
        "PK\u{5}\u{6}\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        "PK\u{5}\u{6}\0\0\0\0\u{1}\0\u{1}\0.\0\0\0\0\0\0\0\0\0",
    ],
    longest: 16 * 1024,
    run: |bytes| drop(fuzz::workbook(bytes)),
};

pub(super) const CONFIG: Target = Target {
    name: "config",
    files: &["yaml", "toml"],
    examples: &[
        "store = \".guiju\"\n[connections]\nlake = { kind = \"files\", path = \"data\" }\n[connections.crm]\nkind = \"csv\"\nnull = [\"\", \"NULL\"]\n",
        "connections:\n  crm: { kind: csv, path: data, null: [\"\", \"NULL\"], encoding: gbk }\nstore: .guiju\ncalendars: [sse.yaml]\n",
    ],
    longest: 16 * 1024,
    run: |bytes| assert!(fuzz::config(bytes) <= bytes.len() + 1, "no more findings than there is text"),
};

pub(super) const CALENDAR: Target = Target {
    name: "calendar",
    files: &["yaml"],
    examples: &[
        "name: x\nzone: Asia/Shanghai\nvalid: {from: 2026-01-01, to: 2026-12-31}\nsessions: [[\"09:30\",\"11:30\"]]\nweekend: [saturday]\nholidays: [2026-10-01]\n",
    ],
    longest: 16 * 1024,
    run: fuzz::calendar,
};

/// The first byte chooses the feed; the rest is a recording of it, or a capture.
pub(super) const MARKET: Target = Target {
    name: "feed-rows",
    files: &[],
    examples: &[
        "\u{2}\0\0\0\u{3}\0\0\0\0\0\0\0\u{3}",
        "\u{1}8=STEP.1.0.0\u{1}9=33\u{1}35=UA5803\u{1}52=20260114-09:30:00\u{1}10142=9\u{1}95=3\u{1}96=\0\u{1}\u{2}\u{1}10=000\u{1}",
        "\u{4}\u{9}\0\0\0@\u{1}\u{5}\u{1}\0\0\0\0",
    ],
    longest: 4 * 1024,
    run: |bytes| assert!(fuzz::market(bytes) <= 4 * bytes.len() as u64 + 4, "no more rows than there are bytes"),
};
