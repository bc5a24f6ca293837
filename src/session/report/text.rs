//! A report as a few lines for people: aligned columns, what is not as it was a line each. The colours are for whoever prints it to take away.

use std::fmt::{Display, Write};
use std::time::Duration;

use anstream::adapter::strip_str;
use anstyle::{AnsiColor, Style};

use super::{FileReport, HelperReport, Report, SignalReport, Status, Times};

/// Names and keys are aligned up to this width; longer ones stand out.
const WIDEST: usize = 32;
/// How many helpers of a signal get a line of their own.
const MOST: usize = 12;

const PLAIN: Style = Style::new();
const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();

impl Report {
    /// A few lines for people, with the colours of a terminal. Diagnostics are shown apart, with their source.
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text).expect("a string takes all");
        text
    }

    /// The same without colours.
    pub fn plain(&self) -> String {
        strip_str(&self.text()).to_string()
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        for file in &self.files {
            let verdict = if file.ok {
                String::new()
            } else {
                format!("  {}, the old sound goes on", styled(Status::Refused.style(), "refused"))
            };
            writeln!(text, "{}{verdict}", styled(STRONG, &file.file))?;
            file.write(text)?;
        }
        let Times { evaluate, lower, compile, trial, generated } = self.times;
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        let functions = if generated == 1 { "function" } else { "functions" };
        writeln!(
            text,
            "  evaluate {:.1} ms, lower {:.1} ms, compile {:.1} ms ({generated} {functions}), trial {:.1} ms",
            ms(evaluate),
            ms(lower),
            ms(compile),
            ms(trial),
        )?;
        if self.pool.compactions > self.before.compactions {
            let moved = self.pool.moved - self.before.moved;
            writeln!(text, "  moved {moved} slots of parked signals together, so that what is new finds room")?;
        }
        let slots = change(self.before.used, self.pool.used);
        let keys = change(self.before.keys, self.pool.keys);
        let on_air =
            self.frame.filter(|_| self.ok()).map_or(String::new(), |frame| format!("  on air at frame {frame}"));
        writeln!(text, "  helper memory {slots} of {} slots, {keys} keys{on_air}", self.pool.capacity)?;
        match self.memory.text() {
            Some(noteworthy) => writeln!(text, "  {noteworthy}"),
            None => Ok(()),
        }
    }
}

impl FileReport {
    fn write(&self, text: &mut String) -> std::fmt::Result {
        let names = self.signals.iter().map(|signal| signal.name.as_str());
        let width = width(names);
        for signal in &self.signals {
            let status = styled(signal.status.style(), format_args!("{:<10}", signal.status.word()));
            let counts = counts(signal);
            if counts.is_empty() {
                writeln!(text, "  {status} {}", signal.name)?;
            } else {
                writeln!(text, "  {status} {:<width$}  {}", signal.name, styled(FAINT, counts))?;
            }
            signal.write(text)?;
        }
        Ok(())
    }
}

impl SignalReport {
    /// A line for each helper that is not simply kept, nor what the signal's own status says of all of them.
    fn write(&self, text: &mut String) -> std::fmt::Result {
        let told = self.helpers.iter().filter(|helper| !matches!(helper.status, "kept") && !self.implies(helper));
        let told = told.collect::<Vec<_>>();
        let width = width(told.iter().map(|helper| helper.key.as_str()));
        for helper in told.iter().take(MOST) {
            let style = if helper.status == "reset" { AnsiColor::Yellow.on_default() } else { PLAIN };
            let status = styled(style, format_args!("{:<8}", helper.status));
            if helper.reason.is_empty() {
                writeln!(text, "      {status} {}", helper.key)?;
            } else {
                writeln!(text, "      {status} {:<width$}  {}", helper.key, helper.reason)?;
            }
        }
        if told.len() > MOST {
            writeln!(text, "      … and {} more", told.len() - MOST)?;
        }
        Ok(())
    }

    /// Whether the status says already what became of a helper.
    fn implies(&self, helper: &HelperReport) -> bool {
        match self.status {
            Status::New => helper.status == "new" && helper.reason.is_empty(),
            Status::Removed => helper.status == "freed",
            _ => false,
        }
    }
}

impl Status {
    fn style(self) -> Style {
        match self {
            Status::Untouched => FAINT,
            Status::Changed => AnsiColor::Yellow.on_default(),
            Status::New | Status::Resumed => AnsiColor::Green.on_default(),
            Status::Parked | Status::Removed => AnsiColor::Blue.on_default(),
            Status::Refused => AnsiColor::Red.on_default().bold(),
        }
    }
}

/// `2 kept, 1 new; 0.50 s of tail`, nothing where there are no helpers.
fn counts(signal: &SignalReport) -> String {
    let helpers = &signal.helpers;
    let count = |status: &str| helpers.iter().filter(|helper| helper.status == status).count();
    let words = ["kept", "carried", "reset", "new", "freed"];
    let parts = words.iter().filter(|word| count(word) > 0).map(|word| format!("{} {word}", count(word)));
    let mut parts = parts.collect::<Vec<_>>().join(", ");
    if let Some(tail) = helpers.iter().filter_map(|helper| helper.tail).reduce(f64::max) {
        write!(parts, "; {} of tail", seconds(tail)).expect("a string takes all");
    }
    // One reason for all is said once.
    match helpers.first() {
        Some(first) if signal.implies(first) && !first.reason.is_empty() => format!("{parts}: {}", first.reason),
        _ => parts,
    }
}

/// `12 → 14`, or the number alone where it is the same.
fn change(before: usize, after: usize) -> String {
    if before == after { after.to_string() } else { format!("{before} → {after}") }
}

/// Hundredths where they count.
fn seconds(seconds: f64) -> String {
    if seconds < 10.0 { format!("{seconds:.2} s") } else { format!("{seconds:.0} s") }
}

fn width<'a>(names: impl Iterator<Item = &'a str>) -> usize {
    names.map(|name| name.chars().count()).filter(|width| *width <= WIDEST).max().unwrap_or(0)
}

fn styled(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}
