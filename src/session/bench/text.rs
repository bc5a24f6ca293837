//! Figures of a measurement for people: what all costs, then the signals, the dearest first. It measures nothing.

use std::fmt::Write;

use super::compare::Compared;
use super::figures::{Figures, SignalFigures};
use crate::diagnostic::Amount;
use crate::ir::Way;

/// How many signals are shown one by one.
const SHOWN: usize = 20;

/// A column of the table of signals: what stands above it, and what in it.
type Column<'a> = (&'static str, Box<dyn Fn(&SignalFigures) -> String + 'a>);

/// Figures in lines, compared with earlier ones if there are any.
pub fn text(figures: &Figures, compared: Option<&Compared>) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = whole(&mut text, figures);
    let _ = table(&mut text, figures, compared);
    if let Some(compared) = compared {
        let _ = ratios(&mut text, figures, compared);
    }
    text
}

fn whole(text: &mut String, figures: &Figures) -> std::fmt::Result {
    let Figures { ns_per_frame, ns_per_frame_median, fixed_ns_per_frame, times_real_time, .. } = figures;
    let Figures { compile_ms, evaluate_ms, lower_ms, generate_ms, bind_ms, trial_ms, .. } = figures;
    writeln!(
        text,
        "{ns_per_frame:>10.2} ns per frame (median {ns_per_frame_median:.2}), {fixed_ns_per_frame:.2} ns mix, limiter and meters, {times_real_time:.0} times real time"
    )?;
    writeln!(
        text,
        "{compile_ms:>10.2} ms to compile (evaluate {evaluate_ms:.2}, lower {lower_ms:.2}, generate {generate_ms:.2}, bind {bind_ms:.2}), {trial_ms:.2} ms to try"
    )?;
    writeln!(
        text,
        "{:>10}, {}, {} of machine code in {}, {} of helper memory",
        figures.backend,
        count(figures.signals, "signal"),
        Amount(figures.code_bytes as u64),
        count(figures.functions, "piece"),
        Amount(figures.helper_slots as u64 * 8),
    )
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn columns<'a>(figures: &'a Figures, compared: Option<&'a Compared>) -> Vec<Column<'a>> {
    let whole = figures.whole_ns_per_frame;
    let ns = |signal: &SignalFigures| signal.ns_per_frame.map_or("-".to_owned(), |ns| format!("{ns:.2}"));
    let share = move |signal: &SignalFigures| {
        signal.ns_per_frame.map_or("-".to_owned(), |ns| format!("{:.1} %", 100.0 * ns / whole))
    };
    let mut columns: Vec<Column<'a>> = vec![
        ("signal", Box::new(|signal| signal.name.clone())),
        ("ns per frame", Box::new(ns)),
        ("of all", Box::new(share)),
        ("rendered by", Box::new(|signal| signal.way.as_ref().map_or("-".to_owned(), Way::to_string))),
        ("alike", Box::new(|signal| signal.alike.to_string())),
        ("memory", Box::new(|signal| Amount(signal.bytes).to_string())),
        ("code", Box::new(|signal| Amount(signal.code_bytes as u64).to_string())),
    ];
    if let Some(compared) = compared {
        let ratio = |signal: &SignalFigures| {
            compared.per_signal.get(&signal.name).map_or("-".to_owned(), |ratio| format!("{ratio:.2}"))
        };
        columns.push(("to then", Box::new(ratio)));
    }
    columns
}

fn table(text: &mut String, figures: &Figures, compared: Option<&Compared>) -> std::fmt::Result {
    let mut signals = figures.per_signal.iter().collect::<Vec<_>>();
    signals.sort_by(|a, b| b.ns_per_frame.unwrap_or(0.0).total_cmp(&a.ns_per_frame.unwrap_or(0.0)));
    let columns = columns(figures, compared);
    let shown = signals.len().min(SHOWN);
    let lines = signals[..shown].iter().map(|signal| columns.iter().map(|(_, cell)| cell(signal)).collect());
    let heading = columns.iter().map(|(heading, _)| (*heading).to_owned()).collect::<Vec<_>>();
    let lines = std::iter::once(heading).chain(lines).collect::<Vec<_>>();
    let wide = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths = (0..columns.len()).map(wide).collect::<Vec<_>>();
    for line in &lines {
        write!(text, "{:<width$}", line[0], width = widths[0])?;
        line.iter().zip(&widths).skip(1).try_for_each(|(cell, width)| write!(text, "  {cell:>width$}"))?;
        writeln!(text)?;
    }
    let rest = &signals[shown..];
    if !rest.is_empty() {
        let ns = rest.iter().filter_map(|signal| signal.ns_per_frame).sum::<f64>();
        writeln!(text, "and {}, {ns:.2} ns per frame together", count(rest.len(), "more signal"))?;
    }
    Ok(())
}

fn ratios(text: &mut String, figures: &Figures, compared: &Compared) -> std::fmt::Result {
    writeln!(text, "now to then ({}):", compared.path)?;
    for (name, now) in figures.all() {
        let Some(ratio) = compared.ratios.get(name) else { continue };
        writeln!(text, "{name:>20}  {now:>12.2}  {ratio:>6.2}")?;
    }
    for (name, then) in &compared.ways {
        let now = figures.per_signal.iter().find(|signal| signal.name == *name);
        if let Some(now) = now.and_then(|signal| signal.way.as_ref()) {
            writeln!(text, "`{name}` was rendered by {then}, and is by {now}")?;
        }
    }
    Ok(())
}
