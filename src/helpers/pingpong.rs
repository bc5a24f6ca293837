//! Pingpong: echoes that go round through the channels. They are filtered by nothing.

use super::delay::{AMOUNT, MAX, TIME, behind, reach};
use super::{Argument, Claim, Family, Helper, Kernel, Site};
use crate::ir::F;

/// Echoes from side to side.
pub const PINGPONG: Helper = Helper {
    name: "pingpong",
    aliases: &[],
    family: Family::Delay,
    arguments: &[Argument::signal("input", "sound to repeat"), MAX, TIME, AMOUNT],
    about: "A sound with echoes that become softer and change sides, the sound itself included. Of a mono sound the first echo is \
            left, the next one right and so on; of more channels each comes back in the next one.",
    example: "(osc(660) * decay(phasor(1), 30)).pingpong(0.5, 0.3, 0.7).gain(0.5)",
    claims: &[Claim::Passes { argument: "amount", at: 0.0 }],
    references: &[],
    kernel: Kernel::Wide4(pingpong),
}
.checked();

fn pingpong<'b>(site: &Site<'b>, input: &[F<'b>], [max, time, amount]: [F<'b>; 3]) -> Vec<F<'b>> {
    // What is repeated: a mono sound goes round as if it had been on the right.
    let (dry, sent) = match *input {
        [mono] => (vec![mono, mono], vec![site.lit(0.0), mono]),
        _ => (input.to_vec(), input.to_vec()),
    };
    let lines = sent.iter().map(|_| site.line(reach(max, site.rate()))).collect::<Vec<_>>();
    let behind = behind(site, max, time);
    let echoes = lines.iter().map(|line| amount * line.before().between(behind)).collect::<Vec<_>>();
    let from = |n: usize| echoes[(n + echoes.len() - 1) % echoes.len()];
    for (n, line) in lines.iter().enumerate() {
        line.write(sent[n] + from(n));
    }
    dry.iter().enumerate().map(|(n, &dry)| dry + from(n)).collect()
}
