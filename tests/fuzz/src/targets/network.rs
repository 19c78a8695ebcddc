//! What others send: any bytes are a request or a message, or a reason why not.

use crate::Target;
use guiju_connect::fuzz;

pub(super) const HTTP: Target = Target {
    name: "http",
    files: &[],
    examples: &[
        "POST /trades?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\nGuiju-Partition: eu-1\r\nGuiju-Offset: 7",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\nConnection: keep-alive, close",
        "GET / HTTP/1.1\r\nAuthorization: Bearer x\r\nContent-Length: 1\r\nContent-Length: 2",
    ],
    longest: 1024,
    run: |bytes| assert!(!fuzz::http(bytes) || bytes.contains(&b'/'), "a request without a path"),
};

pub(super) const NATS: Target = Target {
    name: "nats",
    files: &[],
    examples: &[
        "INFO {\"max_payload\":1048576}\r\nPING\r\nMSG a.b 1 5\r\nhello\r\nMSG a 1 $JS.ACK.S.C.1.2.3.4.5 0\r\n\r\n",
        "HMSG a 1 16 18\r\nNATS/1.0 404\r\n\r\nab\r\n-ERR 'no'\r\n",
        "+OK\r\nMSG a 1 q 99\r\nhalf",
    ],
    longest: 1024,
    run: |bytes| assert!(fuzz::nats(bytes) <= bytes.len() / 8, "more messages than there is room for"),
};
