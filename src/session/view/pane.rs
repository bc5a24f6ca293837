//! What stands beside the signals: the last report, memory, or a picture of sound. It measures nothing.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::text::{Line as Row, Span};
use ratatui::widgets::{Paragraph, Wrap};

use super::draw::{colour, fitted, titled};
use super::model::{Model, Pane};
use super::picture::{self, Way};
use crate::diagnostic::Amount;
use crate::memory::health::Level;
use crate::session::stats::{PoolStats, Stats, reserve};

/// Draws the pane that was chosen.
pub fn draw(model: &Model, frame: &mut Frame, area: Rect) {
    let digit = model.pane as usize + 1;
    let of = || model.chosen.as_deref().unwrap_or("master");
    let title = match model.pane {
        Pane::Report => format!("{digit} last save"),
        Pane::Memory => format!("{digit} memory"),
        Pane::Scope => format!("{digit} scope of {}", of()),
        Pane::Figure => format!("{digit} left against right of {}", of()),
        Pane::Spectrum => format!("{digit} spectrum of {}", of()),
    };
    let block = titled(model, title);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    match model.pane {
        Pane::Report => frame.render_widget(Paragraph::new(model.report.as_str()).wrap(Wrap { trim: false }), inner),
        Pane::Memory => memory(model, frame, inner),
        Pane::Scope | Pane::Figure | Pane::Spectrum => sound(model, frame, inner),
    }
}

/// A waveform or a spectrum, and below it what it is in words.
fn sound(model: &Model, frame: &mut Frame, area: Rect) {
    let words = |text: String, frame: &mut Frame| {
        let last = Rect { y: area.bottom().saturating_sub(1), height: area.height.min(1), ..area };
        frame.render_widget(Row::from(text), last);
    };
    if let Some(why) = &model.blind {
        return words(why.clone(), frame);
    }
    let above = Rect { height: area.height.saturating_sub(1), ..area };
    let style = colour(model, Color::Cyan);
    let way = if model.pane == Pane::Figure { Way::Figure } else { Way::Time };
    // What is said of a sound begins with its name, which the title has.
    let rest = |text: String| text.split_once(": ").map_or(text.clone(), |(_, rest)| rest.to_owned());
    match (&model.scope, &model.spectrum) {
        (Some(scope), _) if model.pane != Pane::Spectrum => {
            picture::scope(scope, way, style, above, frame.buffer_mut());
            words(rest(scope.text()), frame);
        }
        (_, Some(spectrum)) if model.pane == Pane::Spectrum => {
            picture::spectrum(spectrum, style, above, frame.buffer_mut());
            words(rest(spectrum.text()), frame);
        }
        _ => {}
    }
}

/// A bar for each pool, and what the process has.
fn memory(model: &Model, frame: &mut Frame, area: Rect) {
    let Some(stats) = &model.stats else { return };
    let width = usize::from(area.width);
    let mut rows = stats.pools.iter().map(|(name, pool)| bar(model, reserve(*name), pool, width)).collect::<Vec<_>>();
    rows.extend(words(stats).into_iter().map(Row::from));
    frame.render_widget(Paragraph::new(rows), area);
}

fn bar(model: &Model, name: &str, pool: &PoolStats, width: usize) -> Row<'static> {
    let tint = match pool.level {
        Level::Ok => Color::Green,
        Level::Warning | Level::Economise => Color::Yellow,
        Level::Critical => Color::Red,
    };
    let units =
        |units: u64| if name == "sandboxes" { units.to_string() } else { Amount(units * pool.unit).to_string() };
    let figures = format!(" {:>3.0} % of {}", pool.pressure * 100.0, units(pool.capacity));
    let figures = if pool.level == Level::Ok { figures } else { format!("{figures} {}", pool.level) };
    let room = width.saturating_sub(11 + figures.chars().count()).clamp(4, 24);
    let full = (pool.pressure.clamp(0.0, 1.0) * room as f64).ceil() as usize;
    let parts = vec![
        Span::raw(fitted(name, 10)),
        Span::raw(" "),
        Span::styled("█".repeat(full), colour(model, tint)),
        Span::raw("·".repeat(room - full)),
        Span::raw(figures),
    ];
    Row::from(parts)
}

fn words(stats: &Stats) -> Vec<String> {
    let process = &stats.process;
    let mut words = vec![
        String::new(),
        format!("health {}, {} helpers, {} strays", stats.health.level, stats.health.keys, stats.health.imbalance),
        format!("saves  {} taken, {} refused", stats.reloads.taken, stats.reloads.refused),
        format!("code   {} pieces, {}", stats.code.pieces, Amount(stats.code.bytes as u64)),
    ];
    if let (Some(blocks), Some(size)) = (process.heap_blocks, process.heap_bytes) {
        words.push(format!("heap   {blocks} blocks, {}", Amount(size as u64)));
    }
    if let Some(device) = &stats.device {
        words.push(format!("device {} dropouts, {} late, {} too slow", device.xruns, device.late, device.overloads));
    }
    words.push(format!("audio  {} heap calls, {} lost events", stats.audio.heap_calls, stats.audio.lost_events));
    words.extend(stats.health.crossings.iter().rev().map(|crossed| crossed.crossing.to_string()));
    words
}
