//! What plays and what is parked, for people and for programs. It changes nothing.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::performance::Signal;
use super::{Cost, Performance};

/// A signal as `aither list` shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// The file that registers it; of a parked one, the file that did.
    pub file: String,
    /// Its channels.
    pub channels: usize,
    /// Whether it was muted.
    pub muted: bool,
    /// What its level was set to, linear: 1 is as it is written.
    pub gain: f64,
    /// Whether it is heard alone, with others that are soloed.
    #[serde(default)]
    pub soloed: bool,
    /// Whether its line is gone, or it was stopped by hand, and its memory is kept.
    pub parked: bool,
    /// Whether that was by hand.
    #[serde(default)]
    pub stopped: bool,
    /// What it costs on the audio thread, as soon as that is known.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// How high it reached within the last tenth of a second, as it is added up: 1 is full scale. Known a moment after somebody
    /// has asked for the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak: Option<f32>,
}

impl Performance {
    /// How high each channel of the master reached within the last tenth of a second; nothing where nobody has listed the
    /// signals a moment ago.
    pub fn peaks(&self) -> Option<Vec<f32>> {
        Some(self.load.probes().master().collect()).filter(|peaks: &Vec<_>| !peaks.is_empty())
    }

    /// The signals, by name. From now on their levels are known, for a moment.
    pub fn list(&self) -> Vec<Listed> {
        let listed = |(name, signal): (&Arc<str>, &Signal)| Listed {
            name: name.to_string(),
            file: signal.file.clone(),
            channels: signal.program.channels as usize,
            muted: signal.console.muted,
            gain: signal.console.gain,
            soloed: signal.console.soloed,
            parked: signal.parked.is_some(),
            stopped: signal.parked.is_some() && self.dismissed.contains_key(name),
            cost: self.load.of(signal.slot).filter(|_| signal.parked.is_none()),
            peak: self.load.probes().level(signal.slot).filter(|_| signal.parked.is_none()),
        };
        let signals = self.signals.iter().map(listed).collect();
        self.load.probes().watch();
        signals
    }
}

/// Where the beat is, as `aither list` and `aither stats` say it.
pub fn transport(tempo: f64, beat: f64) -> String {
    // A position is more than its nearest tenth, which has not begun.
    format!("{tempo} bpm, beat {:.1}", (beat * 10.0).floor() / 10.0)
}

/// A line for each signal, in columns.
pub fn text(signals: &[Listed]) -> String {
    if signals.is_empty() {
        return "no signals\n".to_owned();
    }
    let width = |column: fn(&Listed) -> &str| signals.iter().map(|signal| column(signal).chars().count()).max();
    let names = width(|signal| &signal.name).unwrap_or(0);
    let files = width(|signal| &signal.file).unwrap_or(0);
    let line = |signal: &Listed| {
        let Listed { name, file, channels, gain, .. } = signal;
        let plural = if *channels == 1 { "" } else { "s" };
        let mut line = format!("{name:<names$}  {file:<files$}  {channels} channel{plural}");
        if *gain != 1.0 {
            line += &format!("  gain {gain}");
        }
        if let Some(cost) = &signal.cost {
            line += &format!("  {:.1} %", cost.share * 100.0);
        }
        line += if signal.muted { "  muted" } else { "" };
        line += if signal.soloed { "  solo" } else { "" };
        line += match (signal.parked, signal.stopped) {
            (_, true) => "  stopped",
            (true, _) => "  parked",
            _ => "",
        };
        line + "\n"
    };
    signals.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_in_columns_and_says_what_is_not_as_written() {
        let signal = |name: &str, channels, muted, gain, parked| Listed {
            name: name.to_owned(),
            file: "a.rhai".to_owned(),
            channels,
            muted,
            gain,
            soloed: false,
            parked,
            stopped: false,
            cost: None,
            peak: None,
        };
        let cost = Some(Cost { share: 0.0126, worst_us: 40.0, worst_share: 0.03 });
        let bass = Listed { cost, ..signal("bass", 1, true, 0.5, false) };
        let stopped = Listed { stopped: true, ..signal("no", 1, false, 1.0, true) };
        let solo = Listed { soloed: true, ..signal("lead", 1, false, 1.0, false) };
        let signals = [bass, signal("hi", 2, false, 1.0, true), solo, stopped];
        let lines = [
            "bass  a.rhai  1 channel  gain 0.5  1.3 %  muted",
            "hi    a.rhai  2 channels  parked",
            "lead  a.rhai  1 channel  solo",
            "no    a.rhai  1 channel  stopped",
        ];
        assert_eq!(text(&signals).lines().collect::<Vec<_>>(), lines);
        assert_eq!(text(&[]), "no signals\n");
    }
}
