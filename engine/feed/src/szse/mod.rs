//! Shenzhen's binary feed: big-endian fields of fixed width between a head (type, length) and a checksum.
//!
//! Field tables follow the exchange's published interface specification (深圳证券交易所 Binary 行情数据接口规范) as far as public
//! descriptions of it agree; the lengths of bodies check them, since some public parsers give fields one byte too many.

mod frame;
mod read;
mod tables;
mod write;

pub use frame::{Frame, cut, put};
pub use read::{Event, Stream};
pub use tables::program;
pub use write::Encoder;
