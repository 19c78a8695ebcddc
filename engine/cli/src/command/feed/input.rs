//! Templates, decoders, and a file read piece by piece.

use super::{Ended, live::Live, problem};
use crate::{
    Exit,
    args::feed::{Executor, FeedFormat, FeedFraming, FeedReset, Input, Shape},
    interrupt,
    output::Out,
    progress::Bar,
};
use guiju::{
    feed::{Progress, Watch},
    lang::finding::{Finding, Sources},
    market::{
        self, Decoder, Mode, Program, Reset, Templates, generated,
        reader::{Format, Framing, Reader, Record},
    },
};
use std::{fs::File, io::Read, path::Path, sync::Arc, time::Duration};

/// Bytes read at once.
const PIECE: usize = 1 << 20;
/// Of what is left out, so much is said one by one.
const MOST_SAID: usize = 20;

impl Shape {
    pub(super) fn format(&self) -> Format {
        match self.format {
            FeedFormat::StepFast => Format::StepFast,
            FeedFormat::Szse => Format::Szse,
            FeedFormat::Narrow => Format::Narrow,
            FeedFormat::Fast => Format::Fast(match self.framing {
                FeedFraming::Len32le => Framing::Len32Le,
                FeedFraming::Seq32le => Framing::Seq32Le,
                FeedFraming::None => Framing::None,
            }),
        }
    }

    /// The templates, ready to decode with; findings of templates that are left out are said.
    pub(super) fn program(&self, out: &Out) -> Result<Arc<Program>, Ended> {
        let usage = |finding| (vec![finding], Exit::Usage);
        let failed = |finding| (vec![finding], Exit::Failed);
        let (text, path) = match (&self.templates, self.format) {
            (Some(path), _) => {
                let bytes = std::fs::read(path).map_err(|error| failed(problem::unreadable(path, &error)))?;
                (String::from_utf8_lossy(&bytes).into_owned(), path.as_path())
            }
            // Records of other templates than Shanghai's and Shenzhen's need theirs.
            (None, FeedFormat::StepFast | FeedFormat::Narrow) => {
                (market::SSE_LEVEL2.to_owned(), Path::new("sse_level2.xml"))
            }
            // Its tables are built in.
            (None, FeedFormat::Szse) => ("<templates/>".to_owned(), Path::new("")),
            (None, FeedFormat::Fast) => return Err(usage(problem::templates_needed())),
        };
        let (templates, found) = Templates::read(&text);
        let found: Vec<Finding> = found.iter().map(|finding| problem::template(path, finding)).collect();
        if templates.names().next().is_none() && !found.is_empty() {
            return Err((found, Exit::Wrong));
        }
        out.findings(&found, &Sources::default());
        let reset = match self.reset {
            FeedReset::Honour => Reset::Honour,
            FeedReset::Ignore => Reset::Ignore,
        };
        match Program::compile(&templates, reset) {
            Ok(program) => Ok(Arc::new(program)),
            Err(finding) => Err((vec![problem::template(path, &finding)], Exit::Wrong)),
        }
    }
}

impl Input {
    /// A decoder as it is asked for.
    pub(super) fn decoder(&self, executor: Executor, out: &Out) -> Result<Decoder, Ended> {
        let program = self.shape.program(out)?;
        let mode = if self.lenient { Mode::Fast } else { Mode::Strict };
        let decoder = match executor {
            Executor::Tape => Ok(Decoder::new(program, mode)),
            Executor::Generated => {
                Decoder::new(program, mode).generated(&generated::SSE_LEVEL2).map_err(|_| problem::not_generated())
            }
            Executor::Native => native(&program, mode),
        };
        decoder.map_err(|finding| (vec![finding], Exit::Usage))
    }

    /// Where a feed arrives, if it is no file.
    pub(super) fn live(&self) -> Result<Option<Live>, Ended> {
        let live = self.file.to_str().and_then(|text| Live::of(text).transpose());
        live.transpose().map_err(|finding| (vec![finding], Exit::Usage))
    }

    fn idle(&self) -> Option<Duration> {
        self.idle.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
    }

    /// Reads the file; `each` gets its records. What was left out is said on standard error, the first of it one by one.
    pub(super) fn read(
        &self,
        out: &Out,
        bar: Option<&mut Bar>,
        each: &mut dyn FnMut(&Record<'_>),
    ) -> Result<Done, Ended> {
        self.read_with(self.decoder(self.executor, out)?, bar, each)
    }

    /// The same with a decoder that is there already.
    pub(super) fn read_with(
        &self,
        decoder: Decoder,
        bar: Option<&mut Bar>,
        each: &mut dyn FnMut(&Record<'_>),
    ) -> Result<Done, Ended> {
        let mut left_out = LeftOut::default();
        let reader = Reader::new(self.shape.format(), decoder).in_envelopes(self.envelope);
        let reader = if self.joined { reader.joined() } else { reader };
        let each = &mut |record: &Record<'_>| {
            left_out.note(record);
            each(record);
        };
        let (reader, interrupted) = match self.live()? {
            Some(source) => source.read(reader, self.idle(), each),
            None => pieces(&self.file, reader, bar, each),
        }
        .map_err(|finding| (vec![finding], Exit::Failed))?;
        let (packets, _) = reader.packets();
        if packets > 0 && reader.passed().next().is_none() {
            left_out.say(problem::nothing(&self.file, packets));
        }
        Ok(Done { reader, left_out, interrupted })
    }
}

/// A decoder with machine code made for it.
#[cfg(feature = "native")]
fn native(program: &Arc<Program>, mode: Mode) -> Result<Decoder, Finding> {
    use guiju::native::Error;
    guiju::native::compile(program, mode).map(|native| native.decoder()).map_err(|error| match error {
        Error::Processor => problem::no_native("it is made for x86-64 only", "它只支持 x86-64"),
        Error::Memory(_) => problem::no_native("the system gives no memory for code", "系统不提供可执行内存"),
        Error::Compiler(_) => problem::no_native("its compiler refuses these templates", "编译器不接受这些模板"),
    })
}

#[cfg(not(feature = "native"))]
fn native(_: &Arc<Program>, _: Mode) -> Result<Decoder, Finding> {
    Err(problem::no_native("this program was built without it", "本程序编译时没有包含它"))
}

/// A file that was read.
pub(super) struct Done {
    pub(super) reader: Reader,
    pub(super) left_out: LeftOut,
    interrupted: bool,
}

impl Done {
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self { interrupted: true, .. } => Exit::Interrupted,
            Self { left_out, .. } if left_out.count > 0 => Exit::Failed,
            _ => Exit::Well,
        }
    }
}

/// What was left out.
#[derive(Default)]
pub(super) struct LeftOut {
    pub(super) said: Vec<Finding>,
    pub(super) count: u64,
}

impl LeftOut {
    pub(super) fn note(&mut self, record: &Record<'_>) {
        let finding = match record {
            Record::Message(_) | Record::Sequence(..) => return,
            Record::Skipped(skipped) => problem::skipped(skipped),
            Record::Lost(flow, bytes) => problem::lost(flow, *bytes),
        };
        self.say(finding);
    }

    pub(super) fn say(&mut self, finding: Finding) {
        self.count += 1;
        if self.said.len() < MOST_SAID {
            self.said.push(finding);
        }
    }
}

/// A file through a reader, piece by piece; whether it was interrupted.
fn pieces(
    path: &Path,
    mut reader: Reader,
    mut bar: Option<&mut Bar>,
    each: &mut dyn FnMut(&Record<'_>),
) -> Result<(Reader, bool), Finding> {
    let broken = |error: &std::io::Error| problem::unreadable(path, error);
    let mut file = File::open(path).map_err(|error| broken(&error))?;
    let total_bytes = file.metadata().map(|data| data.len()).unwrap_or_default();
    let source = path.display().to_string();
    let (mut pending, mut bytes) = (Vec::new(), 0);
    loop {
        let taken = file.by_ref().take(PIECE as u64).read_to_end(&mut pending).map_err(|error| broken(&error))?;
        if taken == 0 || interrupt::requested() {
            break;
        }
        bytes += taken as u64;
        let done = reader.read(&pending, each).map_err(|error| problem::broken_capture(path, &error))?;
        pending.drain(..done);
        if let Some(bar) = &mut bar {
            bar.progress(&Progress { source: &source, rows: 0, bytes, total_bytes });
        }
    }
    reader.finish(&pending, each);
    Ok((reader, interrupt::requested()))
}
