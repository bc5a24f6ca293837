//! Whether time went by in which nobody was awake: a machine that was suspended, a process that was stopped. It wakes nobody.

use std::time::Duration;

/// What may pass between two looks; less is a busy machine.
const AWAKE: Duration = Duration::from_secs(2);

/// Remembers when somebody last looked.
#[derive(Debug, Default)]
pub(super) struct Lapse {
    looked: Option<Duration>,
}

impl Lapse {
    /// Looks at a clock that also counts while the machine sleeps. Gives how long everybody was asleep, once.
    pub(super) fn look(&mut self, now: Option<Duration>) -> Option<Duration> {
        let passed = now?.saturating_sub(self.looked.replace(now?)?);
        (passed > AWAKE).then_some(passed)
    }
}

/// Time since the machine began, sleep included: the system's own count.
#[cfg(target_os = "linux")]
pub(super) fn since_boot() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/uptime").ok()?;
    Duration::try_from_secs_f64(text.split(' ').next()?.parse().ok()?).ok()
}

/// Time of day; where it is the only clock that counts sleep, setting it by seconds is taken for sleep.
#[cfg(not(target_os = "linux"))]
pub(super) fn since_boot() -> Option<Duration> {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_told_once_and_a_busy_machine_is_none() {
        let mut lapse = Lapse::default();
        let mut look = |tenths: Option<u64>| lapse.look(tenths.map(|tenths| Duration::from_millis(100 * tenths)));
        let looks = [Some(100), Some(101), Some(120), Some(3_720), Some(3_721), None, Some(3_700), Some(3_701)];
        let gaps = looks.map(&mut look).map(|gap| gap.map(|gap| gap.as_secs()));
        assert_eq!(gaps, [None, None, None, Some(360), None, None, None, None]);
    }

    #[test]
    fn the_clock_goes_on() {
        let before = since_boot().expect("a clock");
        std::thread::sleep(Duration::from_millis(50));
        assert!(since_boot().expect("a clock") > before);
    }
}
