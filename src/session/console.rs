//! What a performer sets by hand while signals play: mute, solo and gain of each, the level of all, the listener's place. It says who is silent; the engine fades.

use crossbeam_channel::Sender;

use super::instruction::Instruction;
use super::log::{Entry, Verdict};
use super::obey::Obeyed;
use super::performance::{Performance, Signal};
use super::recording::Say;
use crate::diagnostic::nearest;
use crate::engine::{Alarm, Change, Command, Reel, SlotId, Transaction};

/// How long a change of level by hand takes where nothing else is said, in seconds.
pub(super) const GLIDE: f64 = 0.02;

/// What is set by hand of a signal. Mute and gain hold until its program changes, a solo for as long as it plays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Console {
    pub gain: f64,
    pub muted: bool,
    pub soloed: bool,
}

impl Default for Console {
    fn default() -> Console {
        Console { gain: 1.0, muted: false, soloed: false }
    }
}

/// The level of everything.
#[derive(Clone, Copy, Debug)]
pub(super) struct Master {
    /// Where it is, or on its way to.
    pub level: f64,
    /// What was sent last, until it takes effect: an alarm may come before it.
    sent: Option<(u64, f64)>,
}

impl Default for Master {
    fn default() -> Master {
        Master { level: 1.0, sent: None }
    }
}

impl Master {
    /// A command took effect.
    pub fn applied(&mut self, ticket: u64) {
        if let Some((_, level)) = self.sent.take_if(|(sent, _)| *sent == ticket) {
            self.level = level;
        }
    }
}

/// An instruction that was obeyed at once, by a command of the engine.
pub(super) fn obeyed(instruction: &Instruction, ticket: Option<u64>) -> Obeyed {
    Obeyed { ticket, entries: said(instruction, Verdict::Taken), report: None }
}

/// What a log says of an instruction.
pub(super) fn said(instruction: &Instruction, verdict: Verdict) -> Vec<Entry> {
    vec![Entry::Command { words: instruction.to_string(), verdict: Some(verdict) }]
}

impl Performance {
    /// What silences everything at once, from any thread, whatever this one is busy with: the instruction `panic`.
    pub fn alarm(&self) -> Alarm {
        self.control.alarm().clone()
    }

    /// Where the level of everything is, or on its way to: 1 is as it is written.
    pub fn level(&self) -> f64 {
        self.master.level
    }

    /// Whether a signal that is set so is to be silent.
    pub(super) fn is_silent(&self, console: &Console, master: bool) -> bool {
        silenced(console, master, self.is_solo())
    }

    /// Whether somebody who plays is soloed.
    fn is_solo(&self) -> bool {
        self.signals.values().any(|signal| signal.parked.is_none() && signal.console.soloed)
    }

    /// What is set by hand of a signal that gets another program; `same` says that it is the same one all the same.
    pub(super) fn console_of(old: Option<&Signal>, same: bool, master: bool) -> Console {
        match old {
            Some(old) if same => old.console,
            Some(old) if old.parked.is_none() => {
                Console { soloed: old.console.soloed && !master, ..Console::default() }
            }
            _ => Console::default(),
        }
    }

    /// Fades those out who are to be silent now, and those in who are no longer.
    pub(super) fn resound(&mut self, frames: u32) -> Vec<Change> {
        let solo = self.is_solo();
        let silent = |signal: &Signal| silenced(&signal.console, signal.master, solo);
        let playing = self.signals.iter().filter(|(_, signal)| signal.parked.is_none());
        let changed = playing.filter(|(_, signal)| silent(signal) != signal.silent);
        let names = changed.map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let mut changes = Vec::with_capacity(names.len());
        for name in names {
            if let Some(signal) = self.signals.get_mut(&name) {
                signal.silent = !signal.silent;
                changes.push(Change::Mute { slot: signal.slot, on: signal.silent, frames });
            }
        }
        changes
    }

    /// Mutes a signal, or lets it be heard again unless others are soloed.
    pub(super) fn mute(
        &mut self,
        instruction: &Instruction,
        name: &str,
        on: bool,
        seconds: Option<f64>,
    ) -> Result<Obeyed, String> {
        let signal = self.playing_signal(name)?;
        let console = Console { muted: on, ..signal.console };
        let silent = self.is_silent(&console, signal.master);
        let seconds = seconds.unwrap_or(GLIDE);
        self.set(instruction, name, console, silent, |slot| Command::Mute { slot, on: silent, seconds })
    }

    /// Moves a signal's gain.
    pub(super) fn gain(
        &mut self,
        instruction: &Instruction,
        name: &str,
        linear: f64,
        seconds: Option<f64>,
    ) -> Result<Obeyed, String> {
        let signal = self.playing_signal(name)?;
        let (console, silent) = (Console { gain: linear, ..signal.console }, signal.silent);
        let seconds = seconds.unwrap_or(GLIDE);
        self.set(instruction, name, console, silent, |slot| Command::Gain { slot, linear, seconds })
    }

    fn set(
        &mut self,
        instruction: &Instruction,
        name: &str,
        console: Console,
        silent: bool,
        command: impl FnOnce(SlotId) -> Command,
    ) -> Result<Obeyed, String> {
        let slot = self.playing_signal(name)?.slot;
        let ticket = self.control.command(command(slot)).map_err(|busy| busy.to_string())?;
        if let Some(signal) = self.signals.get_mut(name) {
            (signal.console, signal.silent) = (console, silent);
        }
        Ok(obeyed(instruction, Some(ticket)))
    }

    /// Soloes a signal.
    pub(super) fn solo(
        &mut self,
        instruction: &Instruction,
        name: &str,
        seconds: Option<f64>,
    ) -> Result<Obeyed, String> {
        if self.playing_signal(name)?.master {
            return Err(format!("`{name}` is heard of all signals; solo one of those"));
        }
        self.soloed(instruction, Some(name), true, seconds)
    }

    /// Takes a solo back, or all of them.
    pub(super) fn unsolo(
        &mut self,
        instruction: &Instruction,
        name: Option<&str>,
        seconds: Option<f64>,
    ) -> Result<Obeyed, String> {
        name.map(|name| self.playing_signal(name).map(|_| ())).transpose()?;
        self.soloed(instruction, name, false, seconds)
    }

    fn soloed(
        &mut self,
        instruction: &Instruction,
        of: Option<&str>,
        on: bool,
        seconds: Option<f64>,
    ) -> Result<Obeyed, String> {
        for (name, signal) in &mut self.signals {
            if of.is_none_or(|of| of == &**name) {
                signal.console.soloed = on;
            }
        }
        let changes = self.resound(self.control.frames(seconds.unwrap_or(GLIDE)));
        let ticket = self.send(Transaction { changes, ..Transaction::default() }, Vec::new());
        Ok(obeyed(instruction, ticket))
    }

    /// Moves the level of everything.
    pub(super) fn fade(&mut self, instruction: &Instruction, level: f64, seconds: f64) -> Result<Obeyed, String> {
        let command = Command::Master { linear: level, seconds };
        let ticket = self.control.command(command).map_err(|busy| busy.to_string())?;
        self.master.sent = Some((ticket, level));
        Ok(obeyed(instruction, Some(ticket)))
    }

    /// Where recordings come out, for whoever takes it first.
    pub fn reel(&mut self) -> Option<Reel> {
        self.control.reel()
    }

    /// From now on somebody else is told who plays, before it is heard, or nobody.
    pub(super) fn count_for(&mut self, census: Option<Sender<Say>>) {
        self.census = census;
        self.take_census();
    }

    /// Tells who is heard: who plays, and who fades out.
    pub(super) fn take_census(&self) {
        if let Some(census) = &self.census {
            let heard = self.signals.iter().filter(|(_, signal)| signal.is_heard());
            let heard = heard.map(|(name, signal)| (signal.tenant, name.clone()));
            census.send(Say::Census(heard.chain(self.departed.iter().cloned()).collect())).ok();
        }
    }

    /// Forgets a signal, but for its name while it fades out.
    pub(super) fn depart(&mut self, name: &str) -> Option<Signal> {
        let (name, signal) = self.signals.remove_entry(name)?;
        if signal.is_heard() {
            self.departed.push((signal.tenant, name));
        }
        Some(signal)
    }

    /// Fades everything out, for the end. Gives the ticket of the fade; `None` when nobody plays any more.
    pub fn hush(&mut self, seconds: f64) -> Option<u64> {
        // A full ring means that nobody plays any more.
        self.control.command(Command::Master { linear: 0.0, seconds }).ok()
    }

    /// A signal that plays.
    pub(super) fn playing_signal(&self, name: &str) -> Result<&Signal, String> {
        self.signals.get(name).filter(|signal| signal.parked.is_none()).ok_or_else(|| self.unknown(name))
    }

    /// That there is no such signal.
    pub(super) fn unknown(&self, name: &str) -> String {
        if self.signals.contains_key(name) {
            return match self.dismissed.contains_key(name) {
                true => format!(
                    "the signal `{name}` was stopped by hand: it plays again when its line changes, or after `reload`"
                ),
                false => format!("the signal `{name}` is parked: no script registers it now"),
            };
        }
        if self.dismissed.contains_key(name) {
            return format!(
                "the signal `{name}` was unregistered by hand: it plays again when its line changes, or after `reload`"
            );
        }
        let near = nearest(name, self.signals.keys().map(|known| &**known));
        let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        format!("there is no signal `{name}`{near}")
    }
}

/// Whether a signal that is set so is to be silent where somebody is soloed, or nobody.
fn silenced(console: &Console, master: bool, solo: bool) -> bool {
    console.muted || (!master && !console.soloed && solo)
}
