//! The view of a terminal: what it draws of what it knows, which words its keys say, and the real one in tmux.

#[cfg(target_os = "linux")]
mod closed;
mod keys;
mod shown;
mod terminal;

use std::time::Duration;

use aither::session::Cost;
use aither::session::list::Listed;
use aither::session::socket::{Answer, Request};
use aither::session::view::model::Model;

/// A signal that is heard at a level.
pub fn signal(name: &str, peak: f32) -> Listed {
    Listed {
        name: name.to_owned(),
        file: "a.rhai".to_owned(),
        channels: 2,
        muted: false,
        gain: 1.0,
        soloed: false,
        parked: false,
        stopped: false,
        cost: Some(Cost { share: 0.0123, worst_us: 40.0, worst_share: 0.03 }),
        peak: Some(peak),
    }
}

/// What a set of four signals is answered with.
pub fn listing() -> Answer {
    let signals = vec![
        signal("bass", 0.5),
        Listed { muted: true, gain: 0.5, ..signal("drum-loop-of-a-long-name", 0.0) },
        Listed { soloed: true, ..signal("lead", 1.2) },
        Listed { parked: true, cost: None, ..signal("pad", 0.0) },
    ];
    let mut answer = Answer::done("");
    answer.signals = Some(signals);
    (answer.tempo, answer.beat, answer.level) = (Some(124.0), Some(96.7), Some(1.0));
    answer.peaks = Some(vec![0.7, 0.35]);
    answer
}

/// A view of that set.
pub fn model() -> Model {
    let mut model = Model::new("aither scripts/".to_owned(), false);
    model.take(&Request::List, listing(), Duration::ZERO);
    let stats = Some(Box::new(crate::stats::figures()));
    model.take(&Request::Stats, Answer { stats, ..Answer::done("") }, Duration::ZERO);
    model
}
