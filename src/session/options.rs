//! The options of an engine, each declared once: flag, environment variable, key of a config file, default. It starts nothing.

use std::path::{Path, PathBuf};

use clap::builder::FalseyValueParser;
use clap::{Args, CommandFactory, FromArgMatches};

use super::config::{self, Config};
use super::{Failed, Settings, Trial};
use crate::compile::BackEnd;
use crate::device;
use crate::diagnostic::Size;
use crate::memory::health::{Bounds, Levels, Thresholds};

/// What can be set of an engine. The key of an option in a config file is its flag without the dashes.
#[derive(Args, Clone, Debug)]
pub struct EngineArgs {
    /// Options as TOML: `helper-memory = "128MiB"` [default: aither.toml beside the scripts, else aither/config.toml in the user's config folder]
    #[arg(long, value_name = "FILE", env = "AITHER_CONFIG")]
    pub config: Option<PathBuf>,
    /// Memory of all helpers
    #[arg(long, value_name = "SIZE", default_value = "64MiB", env = "AITHER_HELPER_MEMORY")]
    pub helper_memory: Size,
    /// Signals at one time
    #[arg(long, value_name = "N", default_value_t = 1024, env = "AITHER_MAX_SIGNALS",
          value_parser = clap::value_parser!(u32).range(0..=MOST_SIGNALS))]
    pub max_signals: u32,
    /// Memory of what each program alone uses: its numbers, its tables, its output
    #[arg(long, value_name = "SIZE", default_value = "16MiB", env = "AITHER_PROGRAM_MEMORY")]
    pub program_memory: Size,
    /// Memory of machine code
    #[arg(long, value_name = "SIZE", default_value = "16MiB", env = "AITHER_CODE_MEMORY")]
    pub code_memory: Size,
    /// Memory of vector code: what signals and voices that are rendered side by side have there; without room they are rendered one by one
    #[arg(long, value_name = "SIZE", default_value = "8MiB", env = "AITHER_VECTOR_MEMORY")]
    pub vector_memory: Size,
    /// Memory of the copies on which old programs fade out
    #[arg(long, value_name = "SIZE", default_value = "4MiB", env = "AITHER_FADE_MEMORY")]
    pub fade_memory: Size,
    /// Memory of the states that `undo --state then` brings back
    #[arg(long, value_name = "SIZE", default_value = "16MiB", env = "AITHER_UNDO_MEMORY")]
    pub undo_memory: Size,
    /// Memory of what waits for the disk while a set is recorded
    #[arg(long, value_name = "SIZE", default_value = "8MiB", env = "AITHER_RECORD_MEMORY")]
    pub record_memory: Size,
    /// Texts of each file that are kept for undo
    #[arg(long, value_name = "N", default_value_t = 20, env = "AITHER_GENERATIONS",
          value_parser = clap::value_parser!(u32).range(0..=MOST_TEXTS))]
    pub generations: u32,
    /// How full each memory may be, in percent, before it is told, before what can be spared is given up, and before it is critical
    #[arg(long, value_name = "A,B,C", default_value_t, env = "AITHER_PRESSURE_LEVELS")]
    pub pressure_levels: Levels,
    /// How many helpers may hold memory before it is told, and before it is critical
    #[arg(long, value_name = "A,B", default_value_t = Thresholds::default().keys, env = "AITHER_KEY_LEVELS")]
    pub key_levels: Bounds,
    /// How many blocks may be claimed that no signal holds before it is told, and before it is critical
    #[arg(long, value_name = "A,B", default_value_t = Thresholds::default().imbalance, env = "AITHER_IMBALANCE_LEVELS")]
    pub imbalance_levels: Bounds,
    /// What executes programs: auto, cranelift, oracle
    #[arg(long, value_name = "NAME", default_value_t = BackEnd::Auto, env = "AITHER_BACKEND")]
    pub backend: BackEnd,
    /// Play programs without trying them first
    #[arg(long, env = "AITHER_NO_TRIAL", value_parser = FalseyValueParser::new())]
    pub no_trial: bool,
}

/// The most signals: their sandboxes alone take 2 GiB.
const MOST_SIGNALS: i64 = 1_000_000;
/// The most texts of a file.
const MOST_TEXTS: i64 = 100_000;

impl EngineArgs {
    /// What they ask for, at a rate and with channels that stand elsewhere.
    pub fn settings(&self, rate: u32, channels: u16) -> Settings {
        Settings {
            rate,
            channels: usize::from(channels),
            max_signals: self.max_signals as usize,
            helper_memory: self.helper_memory.bytes(),
            program_memory: self.program_memory.bytes(),
            code_memory: self.code_memory.bytes(),
            vector_memory: self.vector_memory.bytes(),
            fade_memory: self.fade_memory.bytes(),
            undo_memory: self.undo_memory.bytes(),
            record_memory: self.record_memory.bytes(),
            generations: self.generations as usize,
            sleeps: true,
            thresholds: Thresholds {
                pressure: self.pressure_levels,
                imbalance: self.imbalance_levels,
                keys: self.key_levels,
            },
            real_time: false,
            back_end: self.backend,
            trial: if self.no_trial { Trial::Off } else { Trial::Sound },
        }
    }
}

/// Which device is wanted, and how it is to play.
#[derive(Args, Clone, Debug)]
pub struct DeviceArgs {
    /// Part of a device's name, as `aither devices` lists it
    #[arg(long, value_name = "NAME")]
    pub device: Option<String>,
    /// Frames per second [default: what the device prefers]
    #[arg(long, value_name = "HZ", value_parser = clap::value_parser!(u32).range(8_000..=384_000))]
    pub rate: Option<u32>,
    /// Frames per block of the device [default: 512]
    #[arg(long, value_name = "FRAMES", value_parser = clap::value_parser!(u32).range(16..=16_384))]
    pub buffer: Option<u32>,
    /// Output channels
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub channels: u16,
}

impl DeviceArgs {
    /// What is wanted, and what will hold until the end. Asks the device.
    pub fn plan(self) -> (device::Settings, device::Plan) {
        let DeviceArgs { device, rate, buffer, channels } = self;
        let wanted = device::Settings { device, rate, buffer, channels: Some(channels) };
        let plan = device::probe(&wanted);
        (wanted, plan)
    }
}

/// The command line of this process, over what the environment says, over a config file, over the defaults. `engine` names the
/// options of the engine that a command begins, if it begins one, and its scripts.
///
/// A command line that is not understood ends the process with 2.
///
/// # Errors
/// When the config file cannot be read or says what is not understood.
pub fn parse<C>(engine: impl FnOnce(&C) -> Option<(&EngineArgs, Option<&Path>)>) -> Result<C, Failed>
where
    C: CommandFactory + FromArgMatches,
{
    let parsed = C::from_arg_matches(&C::command().get_matches()).unwrap_or_else(|error| error.exit());
    let file = engine(&parsed).and_then(|(args, scripts)| config::find(args.config.as_deref(), scripts));
    let Some(file) = file else { return Ok(parsed) };
    let config = Config::read(&file)?;
    let matches = config.beneath(C::command()).get_matches();
    Ok(C::from_arg_matches(&matches).unwrap_or_else(|error| error.exit()))
}
