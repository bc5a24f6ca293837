//! Whom a program hears, and how it reads what they give. Where that lies is told when the program is played.

use super::call::QUANTUM;
use super::{Bound, Builder, F, MemoryId, Owner, Place, Program, Type};

/// Whom a program hears.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Whom {
    /// The signal of a name.
    Signal(String),
    /// The sum of all signals.
    Mix,
}

/// Somebody that a program hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Who.
    pub whom: Whom,
    /// How many channels the program takes him to have.
    pub channels: u32,
    /// Where it is written first.
    pub place: Place,
}

impl Builder {
    /// What somebody gives in this frame, channel by channel; `channels` is how many he has.
    pub fn hear(&self, whom: &Whom, channels: u32, place: Place) -> Vec<F<'_>> {
        let number = {
            let heard = &mut self.program.borrow_mut().heard;
            let known = heard.iter().position(|heard| heard.whom == *whom);
            known.unwrap_or_else(|| {
                heard.push(Heard { whom: whom.clone(), channels, place });
                heard.len() - 1
            }) as u32
        };
        let frame = self.frame();
        let channel = |channel: u32| {
            let owner = Owner::Heard(number, channel);
            let known = self.program.borrow().memories.iter().position(|memory| memory.owner == owner);
            let memory = known.map_or_else(|| self.memory(owner, QUANTUM as u32), MemoryId::new);
            self.real(self.load_at(Type::Real, memory, frame, Bound::Quantum))
        };
        (0..channels).map(channel).collect()
    }
}

impl Program {
    /// Whether both hear the same, wherever it is written.
    pub(super) fn hears_as(&self, other: &Program) -> bool {
        fn whom(program: &Program) -> impl Iterator<Item = (&Whom, u32)> {
            program.heard.iter().map(|heard| (&heard.whom, heard.channels))
        }
        whom(self).eq(whom(other))
    }

    /// The memories in which the program hears others: number, channel, whom.
    pub fn ears(&self) -> impl Iterator<Item = (u32, u32, &Heard)> {
        self.memories.iter().zip(0..).filter_map(|(memory, number)| match memory.owner {
            Owner::Heard(heard, channel) => Some((number, channel, self.heard.get(heard as usize)?)),
            _ => None,
        })
    }
}
