//! The command line. It parses and prints; what commands do is done in `session`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use aither::compile::BackEnd;
use aither::heap::Counting;
use aither::session::audit::Audit;
use aither::session::bench::Bench;
use aither::session::check::Check;
use aither::session::doctor::Doctor;
use aither::session::helpers::{self, Helpers};
use aither::session::live::Live;
use aither::session::options::{self, DeviceArgs, EngineArgs};
use aither::session::render::{Bits, Render};
use aither::session::replay::Replay;
use aither::session::soak::{self, Soak};
use aither::session::socket::EngineName;
use aither::session::tell::{self, Tell};
use aither::session::{Failed, Form, Trial, audit, bench, check, devices, doctor, live, render, replay};
use clap::{Args, Parser, Subcommand};

/// Counts what is allocated, so that a running engine can say it.
#[global_allocator]
static HEAP: Counting = Counting::new();

/// A live-coding audio engine: edit a script, save, hear it.
#[derive(Parser)]
#[command(name = "aither", version, args_conflicts_with_subcommands = true)]
#[command(after_help = "Example: aither scripts/        (short for: aither run scripts/)")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: RunArgs,
}

#[derive(Subcommand)]
enum Command {
    /// Plays a folder of scripts and every edit of it
    #[command(after_help = "Example: aither run my-set/ --buffer 256")]
    Run(RunArgs),
    /// Renders scripts to a WAV file
    #[command(after_help = "Example: aither render scripts/set/dusk.rhai -o dusk.wav --seconds 60 --bits 24")]
    Render(RenderArgs),
    /// Plays the edits of a log again, into a WAV file: the same samples, bit for bit
    #[command(
        after_help = "Example: aither run scripts/ --log set.log; aither replay set.log -o set.wav --stems parts/"
    )]
    Replay(ReplayArgs),
    /// Says what is wrong with scripts, without playing them
    #[command(after_help = "Example: aither check scripts/ --print-ir")]
    Check(CheckArgs),
    /// Says how scripts or a WAV file sound: level, pitch, spectrum, in figures and pictures
    #[command(
        after_help = "Example: aither audit scripts/set/dusk.rhai -o report.html\n         aither audit set.wav --json"
    )]
    Audit(AuditArgs),
    /// Renders as fast as possible and says how long it takes
    #[command(
        after_help = "Example: aither bench scripts/set/dusk.rhai --json > before.json\n         aither bench scripts/set/dusk.rhai --compare before.json"
    )]
    Bench(BenchArgs),
    /// Plays a random set for hours, faster than real time, edits it all the time, and proves that no memory is kept
    #[command(after_help = "Example: aither soak --hours 1 --seed 7")]
    Soak(SoakArgs),
    /// Lists the sound devices
    #[command(after_help = "Example: aither devices --json")]
    Devices {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Says whether this machine can play, and what to do where it cannot
    #[command(after_help = "Example: aither doctor --buffer 128")]
    Doctor(DoctorArgs),
    /// Shows the reference
    #[command(after_help = "Example: aither helpers lpf")]
    Helpers {
        /// A helper, a function or a word of the language
        name: Option<String>,
        /// The scripts whose functions are shown too: a folder, or one file [default: scripts, where there is such a folder]
        #[arg(long, value_name = "PATH")]
        scripts: Option<PathBuf>,
        /// As JSON
        #[arg(long, conflicts_with = "definitions")]
        json: bool,
        /// As a definition file of Rhai's, for editors
        #[arg(long, conflicts_with = "name")]
        definitions: bool,
    },
    #[command(flatten)]
    Tell(Tell),
}

#[derive(Args)]
struct DoctorArgs {
    #[command(flatten)]
    device: DeviceArgs,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    engine: EngineArgs,
}

#[derive(Args)]
struct RunArgs {
    /// Folder of scripts, or one script
    #[arg(default_value = "scripts")]
    path: PathBuf,
    #[command(flatten)]
    device: DeviceArgs,
    /// Look at the files four times a second instead of waiting for the system's events
    #[arg(long)]
    poll: bool,
    /// Write every edit with the frame at which it took effect, for `aither replay`; a log that is there becomes FILE.old
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// How reports look; with json, a line for each file of each edit is all that standard output gets
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Form::Text)]
    report: Form,
    /// Print lines on a terminal, too, instead of the view that has meters, pictures and keys
    #[arg(long)]
    plain: bool,
    /// What `aither mute` and the other words to a running engine call it [default: aither, or aither-2 if that is taken, …]
    #[arg(long, value_name = "NAME", env = "AITHER_NAME")]
    name: Option<EngineName>,
    #[command(flatten)]
    engine: EngineArgs,
}

#[derive(Args)]
struct RenderArgs {
    /// Folder of scripts, or one script
    path: PathBuf,
    /// The WAV file to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// How long
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    seconds: f64,
    /// Frames per second
    #[arg(long, value_name = "HZ", default_value_t = 48_000, value_parser = clap::value_parser!(u32).range(8_000..=384_000))]
    rate: u32,
    /// Channels
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    channels: u16,
    /// Format of samples: 16, 24, 32f
    #[arg(long, value_name = "BITS", default_value = "32f")]
    bits: Bits,
    /// Also a WAV file for each signal, before the master, in this folder
    #[arg(long, value_name = "FOLDER")]
    stems: Option<PathBuf>,
    #[command(flatten)]
    engine: EngineArgs,
}

#[derive(Args)]
struct ReplayArgs {
    /// The log that `aither run --log` wrote, or one by hand
    log: PathBuf,
    /// The WAV file to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Format of samples: 16, 24, 32f
    #[arg(long, value_name = "BITS", default_value = "32f")]
    bits: Bits,
    /// Also a WAV file for each signal, before the master, in this folder
    #[arg(long, value_name = "FOLDER")]
    stems: Option<PathBuf>,
    /// Begin the files here
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0)]
    from: f64,
    /// End the files here [default: the end of the log]
    #[arg(long, value_name = "SECONDS")]
    to: Option<f64>,
    /// Print a line of JSON for each file of each edit
    #[arg(long, value_name = "FORMAT", value_parser = ["json"])]
    report: Option<String>,
    #[command(flatten)]
    engine: EngineArgs,
}

#[derive(Args)]
struct CheckArgs {
    /// Folder of scripts, or one script
    path: PathBuf,
    /// Print the program of each signal
    #[arg(long)]
    print_ir: bool,
    /// Diagnostics and needs as JSON, one object
    #[arg(long)]
    json: bool,
    /// Take the text of this script from standard input: what stands in an editor and is not saved yet
    #[arg(long, value_name = "FILE")]
    stdin: Option<PathBuf>,
    #[command(flatten)]
    engine: EngineArgs,
}

#[derive(Args)]
struct AuditArgs {
    /// Folder of scripts, one script, or a WAV file
    path: PathBuf,
    /// How much of it [default: 10 of scripts, all of a WAV file]
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<f64>,
    /// Also a report with pictures, in one file: a page (.html) or a picture (.svg)
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Figures as JSON, one object
    #[arg(long)]
    json: bool,
    /// Frames per second of what is rendered
    #[arg(long, value_name = "HZ", default_value_t = 48_000, value_parser = clap::value_parser!(u32).range(8_000..=384_000))]
    rate: u32,
    /// Channels of what is rendered
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    channels: u16,
    #[command(flatten)]
    engine: EngineArgs,
}

#[derive(Args)]
struct BenchArgs {
    /// Folder of scripts, or one script
    path: PathBuf,
    /// How much sound to render
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    seconds: f64,
    /// As JSON
    #[arg(long)]
    json: bool,
    /// What `--json` printed before, to say what became of each figure
    #[arg(long, value_name = "FILE")]
    compare: Option<PathBuf>,
    #[command(flatten)]
    engine: EngineArgs,
}

#[derive(Args)]
struct SoakArgs {
    /// Hours of sound
    #[arg(long, value_name = "HOURS", default_value_t = 1.0)]
    hours: f64,
    /// How many edits, evenly spread [default: one a second]
    #[arg(long, value_name = "N")]
    edits: Option<u64>,
    /// What the set and its edits are drawn from
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// As JSON
    #[arg(long)]
    json: bool,
    /// What executes programs: auto, cranelift, oracle
    #[arg(long, value_name = "NAME", default_value_t = BackEnd::Auto)]
    backend: BackEnd,
}

impl Cli {
    /// The options of the engine that the command begins, and its scripts.
    fn engine(&self) -> Option<(&EngineArgs, Option<&Path>)> {
        match &self.command {
            None => Some((&self.run.engine, Some(&self.run.path))),
            Some(Command::Run(args)) => Some((&args.engine, Some(&args.path))),
            Some(Command::Render(args)) => Some((&args.engine, Some(&args.path))),
            Some(Command::Replay(args)) => Some((&args.engine, None)),
            Some(Command::Check(args)) => Some((&args.engine, Some(&args.path))),
            Some(Command::Audit(args)) => Some((&args.engine, Some(&args.path))),
            Some(Command::Doctor(args)) => Some((&args.engine, None)),
            Some(Command::Bench(args)) => Some((&args.engine, Some(&args.path))),
            Some(Command::Soak(_) | Command::Devices { .. } | Command::Helpers { .. } | Command::Tell(_)) => None,
        }
    }
}

fn main() -> ExitCode {
    aither::heap::keep_little();
    let done = options::parse(Cli::engine).and_then(carry_out);
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed::Told) => ExitCode::from(1),
        Err(Failed::Misunderstood) => ExitCode::from(2),
        Err(Failed::Because(error)) => {
            anstream::eprintln!("aither: {error:#}");
            ExitCode::from(1)
        }
    }
}

fn carry_out(cli: Cli) -> Result<(), Failed> {
    match cli.command.unwrap_or(Command::Run(cli.run)) {
        Command::Run(args) => run(args),
        Command::Render(args) => render::run(&Render {
            path: args.path,
            output: args.output,
            seconds: args.seconds,
            bits: args.bits,
            stems: args.stems,
            settings: args.engine.settings(args.rate, args.channels),
        }),
        Command::Replay(args) => replay::run(&Replay {
            log: args.log,
            output: args.output,
            bits: args.bits,
            stems: args.stems,
            from: args.from,
            to: args.to,
            json: args.report.is_some(),
            settings: args.engine.settings(48_000, 2),
        }),
        Command::Check(args) => check::run(&Check {
            path: args.path,
            unsaved: args.stdin,
            print_programs: args.print_ir,
            json: args.json,
            settings: args.engine.settings(48_000, 2),
        }),
        Command::Audit(args) => audit::run(&Audit {
            path: args.path,
            seconds: args.seconds,
            output: args.output,
            json: args.json,
            settings: args.engine.settings(args.rate, args.channels),
        }),
        Command::Bench(args) => bench::run(&Bench {
            path: args.path,
            seconds: args.seconds,
            json: args.json,
            compare: args.compare,
            settings: args.engine.settings(48_000, 2),
        }),
        Command::Soak(args) => soak::run(&Soak {
            hours: args.hours,
            edits: args.edits,
            seed: args.seed,
            json: args.json,
            back_end: args.backend,
        }),
        Command::Devices { json } => devices::run(json),
        Command::Doctor(args) => {
            let (device, plan) = args.device.plan();
            let settings = args.engine.settings(plan.rate, plan.channels);
            doctor::run(&Doctor { device, plan, json: args.json, settings })
        }
        Command::Helpers { name, scripts, json, definitions } => {
            let form = match (json, definitions) {
                (true, _) => helpers::Form::Json,
                (_, true) => helpers::Form::Definitions,
                _ => helpers::Form::Text,
            };
            helpers::run(&Helpers { name, scripts, form })
        }
        Command::Tell(word) => tell::run(&word),
    }
}

fn run(args: RunArgs) -> Result<(), Failed> {
    let (wanted, plan) = args.device.plan();
    let mut settings = args.engine.settings(plan.rate, plan.channels);
    if settings.trial == Trial::Sound {
        settings.trial = Trial::Cost;
    }
    live::run(Live {
        path: args.path,
        name: args.name,
        device: wanted,
        plan,
        polling: args.poll,
        log: args.log,
        report: args.report,
        plain: args.plain,
        settings,
    })
}
