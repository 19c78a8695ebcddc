//! A progress bar, on terminals, for runs that take longer than a blink.

use crate::{interrupt, output::Out};
use guiju::feed::{Progress, Watch};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

pub(crate) struct Bar {
    bar: ProgressBar,
}

impl Bar {
    pub(crate) fn new(out: &Out) -> Self {
        let bar = ProgressBar::new(0);
        bar.set_draw_target(if out.json || out.plain {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr_with_hz(10)
        });
        if let Ok(style) = ProgressStyle::with_template("{msg:20} {bar:30} {percent:>3}% {elapsed_precise}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar }
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Watch for Bar {
    fn progress(&mut self, progress: &Progress<'_>) {
        self.bar.set_length(progress.total_bytes.max(1));
        self.bar.set_position(progress.bytes);
        if self.bar.message() != progress.source {
            self.bar.set_message(progress.source.to_owned());
        }
    }

    fn interrupted(&self) -> bool {
        interrupt::requested()
    }
}
