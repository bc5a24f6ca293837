//! `aither devices`: the sound devices of this machine. It opens none.

use super::{Failed, show};
use crate::device;

/// Lists them.
///
/// # Errors
/// Never; a list that cannot be made is empty.
pub fn run(json: bool) -> Result<(), Failed> {
    let devices = device::list();
    if json {
        show::line(serde_json::to_string_pretty(&devices)?);
        return Ok(());
    }
    if devices.is_empty() {
        show::line("no sound devices; `aither run` plays silently in real time and looks for one");
    }
    for device in devices {
        let mark = if device.default { "*" } else { " " };
        let rates =
            device.rates.iter().map(|[low, high]| if low == high { low.to_string() } else { format!("{low}–{high}") });
        let rates = rates.collect::<Vec<_>>().join(", ");
        let channels = device.channels.iter().map(u16::to_string).collect::<Vec<_>>().join("/");
        let problem = device.problem.map_or(String::new(), |problem| format!("  ({problem})"));
        show::line(format_args!("{mark} {}  [{}]  {channels} channels, {rates} Hz{problem}", device.name, device.id));
    }
    Ok(())
}
