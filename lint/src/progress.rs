//! Tells a person at a terminal what takes so long, once it takes long.

use std::sync::Mutex;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A line on stderr, which shows nothing in the first second and nothing at all
/// where stderr is not a terminal.
pub struct Progress {
    bar: ProgressBar,
    /// What was begun, and when.
    begun: Mutex<Vec<(&'static str, Instant)>>,
    /// Dropped when the run is over, which stops the wait for the first second.
    _over: Option<Sender<()>>,
}

impl Progress {
    pub fn hidden() -> Self {
        Progress { bar: ProgressBar::hidden(), begun: Mutex::default(), _over: None }
    }

    pub fn on_stderr() -> Self {
        let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})").expect("a fixed template");
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()).with_style(style);
        let (over, wait) = channel();
        let shown = bar.clone();
        thread::spawn(move || {
            if wait.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) && !shown.is_finished() {
                shown.set_draw_target(ProgressDrawTarget::stderr());
                shown.enable_steady_tick(Duration::from_millis(100));
            }
        });
        Progress { bar, begun: Mutex::default(), _over: Some(over) }
    }

    /// Says what is being done from now on.
    pub fn begin(&self, what: &'static str) {
        self.bar.set_message(what);
        self.begun.lock().expect("nobody panics while holding it").push((what, Instant::now()));
    }

    /// What was begun, and how long it took until the next was.
    pub fn times(&self) -> Vec<(&'static str, Duration)> {
        let begun = self.begun.lock().expect("nobody panics while holding it");
        let ends = begun.iter().skip(1).map(|it| it.1).chain([Instant::now()]);
        begun.iter().zip(ends).map(|((what, from), to)| (*what, to - *from)).collect()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
