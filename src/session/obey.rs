//! Carries out what a performer says to a running set: each instruction finds who knows how. What is said stands in `instruction`, how saves work in `save`.

use super::console::{GLIDE, obeyed};
use super::generation::Way;
use super::instruction::{Deck, Instruction};
use super::log::Entry;
use super::performance::Performance;
use super::report::Report;
use super::save::Told;
use crate::engine::{Command, Recording, alarm};

/// What an instruction led to.
#[derive(Debug, Default)]
pub struct Obeyed {
    /// What became of files and signals, where the instruction was about them. A report that is not ok is a refusal.
    pub report: Option<Report>,
    /// The transaction or command that was sent, if any.
    pub ticket: Option<u64>,
    /// What an edit log says of it, at the frame of the ticket.
    pub entries: Vec<Entry>,
}

impl Performance {
    /// Carries out an instruction.
    ///
    /// # Errors
    /// Why it cannot be: an unknown name, nothing to undo. Then nothing has changed.
    pub fn obey(&mut self, instruction: &Instruction) -> Result<Obeyed, String> {
        self.obey_as(instruction, None)
    }

    /// As [`Performance::obey`], for an instruction that was carried out before, too.
    ///
    /// # Errors
    /// As there.
    pub fn obey_as(&mut self, instruction: &Instruction, told: Option<&Told>) -> Result<Obeyed, String> {
        match instruction {
            Instruction::Mute { name, seconds } => self.mute(instruction, name, true, *seconds),
            Instruction::Unmute { name, seconds } => self.mute(instruction, name, false, *seconds),
            Instruction::Solo { name, seconds } => self.solo(instruction, name, *seconds),
            Instruction::Unsolo { name, seconds } => self.unsolo(instruction, name.as_deref(), *seconds),
            Instruction::Gain { name, linear, seconds } => self.gain(instruction, name, *linear, *seconds),
            Instruction::Stop { name, seconds } => self.stop(instruction, name, *seconds),
            Instruction::Unregister { name } => self.unregister(instruction, name),
            Instruction::Clear { seconds } => Ok(self.clear(instruction, *seconds)),
            Instruction::Fade { level, seconds } => self.fade(instruction, *level, seconds.unwrap_or(GLIDE)),
            Instruction::Panic => self.fade(instruction, 0.0, alarm::HUSH),
            Instruction::Position { x, y, z } => {
                self.command(instruction, Command::Position { x: *x, y: *y, z: z.unwrap_or(0.0) })
            }
            // Whoever writes files listens to the engine's tape; a replay records nothing but itself.
            Instruction::Record { action: Deck::Stop, .. } => {
                self.command(instruction, Command::Record(Recording::Off))
            }
            Instruction::Record { stems, .. } => {
                let recording = if stems.is_some() { Recording::Stems } else { Recording::Master };
                self.command(instruction, Command::Record(recording))
            }
            Instruction::Tempo { bpm } => {
                let done = self.command(instruction, Command::Tempo { bpm: *bpm })?;
                self.tempo = *bpm;
                Ok(done)
            }
            Instruction::Undo { file, state } => self.go(instruction, file.as_deref(), Way::Back, *state, told),
            Instruction::Redo { file, state } => self.go(instruction, file.as_deref(), Way::Forth, *state, told),
            Instruction::Reload { file } => self.reload(instruction, file.as_deref(), told),
            Instruction::Quit => {
                let ticket = self.hush(GLIDE).ok_or("nobody plays any more")?;
                Ok(obeyed(instruction, Some(ticket)))
            }
        }
    }

    fn command(&mut self, instruction: &Instruction, command: Command) -> Result<Obeyed, String> {
        let ticket = self.control.command(command).map_err(|busy| busy.to_string())?;
        Ok(obeyed(instruction, Some(ticket)))
    }
}
