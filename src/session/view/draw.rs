//! What the view knows, drawn: a pure function from the model to a frame. It asks nobody and remembers nothing.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line as Row, Span};
use ratatui::widgets::{Block, Borders, Clear, Paragraph};

use super::keys::HELP;
use super::model::{BOTTOM, Line, Model};
use super::pane;
use crate::diagnostic::Amount;
use crate::session::list::Listed;
use crate::session::sight::FLOOR;

/// The part of the width that signals get, in hundredths.
const SIGNALS: u16 = 56;
/// The smallest terminal that holds it.
const SMALLEST: (u16, u16) = (40, 10);

/// Draws everything.
pub fn draw(model: &Model, frame: &mut Frame) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        return frame.render_widget("too small; ? and q work", area);
    }
    let bottom = (area.height / 4).max(4);
    let errors = if model.errors.is_empty() { 0 } else { (area.height / 3).max(5) };
    let log = if errors > 0 { 3 } else { bottom };
    let rows = [Constraint::Length(1), Constraint::Fill(1), Constraint::Length(errors), Constraint::Length(log)];
    let [head, middle, wrong, said, last] =
        Layout::vertical(rows.into_iter().chain([Constraint::Length(1)])).areas(area);
    let [left, right] =
        Layout::horizontal([Constraint::Percentage(SIGNALS), Constraint::Fill(1)]).spacing(1).areas(middle);
    frame.render_widget(heading(model), head);
    signals(model, frame, left);
    pane::draw(model, frame, right);
    if errors > 0 {
        mistakes(model, frame, wrong);
    }
    log_lines(model, frame, said);
    frame.render_widget(foot(model), last);
    if model.help {
        help(model, frame, area);
    }
}

/// A style that is a colour where there may be one.
pub fn colour(model: &Model, colour: Color) -> Style {
    if model.colours { Style::new().fg(colour) } else { Style::new() }
}

/// A title over a part of the screen.
pub fn titled<'a>(model: &Model, title: impl Into<String>) -> Block<'a> {
    let title = Span::styled(format!(" {} ", title.into()), Style::new().add_modifier(Modifier::BOLD));
    Block::new().borders(Borders::TOP).border_style(colour(model, Color::DarkGray)).title(Row::from(title))
}

/// Time, beat, load, memory, recording.
fn heading(model: &Model) -> Row<'static> {
    let strong = Style::new().add_modifier(Modifier::BOLD);
    let mut parts = vec![Span::styled(format!(" {}", model.title), strong)];
    let beat = model.beat.max(0.0);
    parts.push(format!("  {} bpm  beat {:.0}", model.tempo, beat.floor()).into());
    if let Some(stats) = &model.stats {
        let seconds = stats.seconds as u64;
        parts.push(format!("  {}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60).into());
        if let Some(cost) = &stats.audio.cost {
            let style = if cost.worst_share > 0.7 { colour(model, Color::Red) } else { Style::new() };
            let share = format!("  cpu {:.0} %, worst {:.0} %", cost.share * 100.0, cost.worst_share * 100.0);
            parts.push(Span::styled(share, style));
        }
        if let Some(resident) = stats.process.resident {
            parts.push(format!("  {}", Amount(resident as u64)).into());
        }
        let xruns = stats.device.as_ref().map_or(0, |device| device.xruns);
        if xruns > 0 {
            parts.push(Span::styled(format!("  {xruns} dropouts"), colour(model, Color::Red)));
        }
    }
    if let Some(file) = &model.recording {
        let file = file.rsplit(['/', '\\']).next().unwrap_or(file).to_owned();
        parts.push(Span::styled(format!("  REC {file}"), colour(model, Color::Red).add_modifier(Modifier::BOLD)));
    }
    Row::from(parts)
}

/// The master and the signals, as many as there is room for around the one that is chosen.
fn signals(model: &Model, frame: &mut Frame, area: Rect) {
    let playing = model.signals.iter().filter(|signal| !signal.parked).count();
    let block = titled(model, if playing == 1 { "1 signal".to_owned() } else { format!("{playing} signals") });
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let (chosen, rows) = (model.row(), usize::from(inner.height));
    let first = chosen.saturating_sub(rows.saturating_sub(1) / 2).min((model.signals.len() + 1).saturating_sub(rows));
    let width = usize::from(inner.width);
    let all = std::iter::once(master(model, width)).chain(model.signals.iter().map(|signal| row(model, signal, width)));
    let shown = all.enumerate().skip(first).take(rows).map(|(number, row)| {
        let mark = if number == chosen { "> " } else { "  " };
        let style = if number == chosen { Style::new().add_modifier(Modifier::BOLD) } else { Style::new() };
        let mut spans = vec![Span::raw(mark)];
        spans.extend(row);
        Row::from(spans).style(style)
    });
    frame.render_widget(Paragraph::new(shown.collect::<Vec<_>>()), inner);
}

/// Columns of a row: name, marks, level, meter, cost, memory.
struct Columns {
    name: usize,
    meter: usize,
    memory: bool,
}

impl Columns {
    /// The mark takes 2, the marks 3, the level 6, the cost 7, memory 9 where it fits.
    fn of(width: usize, model: &Model) -> Columns {
        let memory = width >= 52;
        let rest = width.saturating_sub(2 + 3 + 6 + 7 + if memory { 9 } else { 0 });
        let longest = model.signals.iter().map(|signal| signal.name.chars().count()).max().unwrap_or(0).max(6);
        let name = longest.min(rest.saturating_sub(8)).max(4);
        Columns { name, meter: rest.saturating_sub(name + 1), memory }
    }
}

fn master(model: &Model, width: usize) -> Vec<Span<'static>> {
    let columns = Columns::of(width, model);
    let most = (0..model.channels).map(|channel| model.master_meter(channel)).fold(BOTTOM, f64::max);
    let marks = if model.level == 0.0 { "M  " } else { "   " };
    let mut spans = vec![fitted("master", columns.name).into(), " ".into(), marks.into()];
    spans.push(gain(model.level).into());
    // Left and right share the meter, where there is room to tell them apart.
    if model.channels == 2 && columns.meter >= 12 {
        let half = columns.meter / 2;
        spans.push(meter(model, model.master_meter(0), half));
        spans.push(meter(model, model.master_meter(1), columns.meter - half));
    } else {
        spans.push(meter(model, most, columns.meter));
    }
    let reads = if most > BOTTOM { format!(" {most:>4.0}dB") } else { String::new() };
    spans.push(reads.into());
    spans
}

fn row(model: &Model, signal: &Listed, width: usize) -> Vec<Span<'static>> {
    let columns = Columns::of(width, model);
    let mark = |on: bool, mark: &'static str, tint| {
        if on { Span::styled(mark, colour(model, tint).add_modifier(Modifier::BOLD)) } else { Span::raw(" ") }
    };
    let faint = if signal.parked { Style::new().add_modifier(Modifier::DIM) } else { Style::new() };
    let mut spans = vec![Span::styled(fitted(&signal.name, columns.name), faint), " ".into()];
    if signal.parked {
        spans.push(if signal.stopped { "x  ".into() } else { "p  ".into() });
    } else {
        spans.extend([mark(signal.muted, "M", Color::Yellow), mark(signal.soloed, "S", Color::Green), " ".into()]);
    }
    spans.push(gain(signal.gain).into());
    spans.push(meter(model, model.meter(&signal.name), columns.meter));
    let cost = signal.cost.as_ref().map_or(String::new(), |cost| format!("{:.1} %", cost.share * 100.0));
    spans.push(format!(" {cost:>6}").into());
    if columns.memory {
        let all = model.stats.iter().flat_map(|stats| &stats.signals);
        let known = all.into_iter().find(|known| known.name == signal.name).map(|known| known.bytes);
        let memory = known.map_or(String::new(), |bytes| Amount(bytes).to_string());
        spans.push(format!(" {memory:>8}").into());
    }
    spans
}

/// A level as decibels where it is not as written, in 6 columns.
fn gain(linear: f64) -> String {
    match linear {
        1.0 => " ".repeat(6),
        0.0 => "  off ".to_owned(),
        linear => format!("{:>+5.1} ", 20.0 * linear.log10()),
    }
}

/// A bar that ends in eighths of a column; what is beyond full scale ends with an exclamation mark.
fn meter(model: &Model, decibels: f64, width: usize) -> Span<'static> {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let part = ((decibels.max(FLOOR) - BOTTOM) / -BOTTOM).clamp(0.0, 1.0);
    let eighths = (part * 8.0 * width as f64).round() as usize;
    let mut bar = "█".repeat(eighths / 8) + PARTS[eighths % 8];
    let tint = match decibels {
        level if level > 0.0 => Color::Red,
        level if level > -6.0 => Color::Yellow,
        _ => Color::Green,
    };
    if decibels > 0.0 {
        bar = "█".repeat(width.saturating_sub(1)) + "!";
    }
    Span::styled(fitted(&bar, width), colour(model, tint))
}

/// A text in exactly so many columns; one that is longer ends with an ellipsis.
pub fn fitted(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return format!("{text:<width$}");
    }
    text.chars().take(width.saturating_sub(1)).chain((width > 0).then_some('…')).collect()
}

/// What is wrong with files, with their sources.
fn mistakes(model: &Model, frame: &mut Frame, area: Rect) {
    let files = model.errors.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    let block = titled(model, format!("errors: {files}")).title_style(colour(model, Color::Red));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let lines = model.errors.values().flat_map(|text| text.lines()).collect::<Vec<_>>();
    let rows = usize::from(inner.height);
    let mut shown = lines.iter().take(rows).map(|line| Row::from((*line).to_owned())).collect::<Vec<_>>();
    if lines.len() > rows && rows > 0 {
        shown[rows - 1] = Row::from(format!("… {} more lines in the log (PgUp)", lines.len() - rows + 1));
    }
    frame.render_widget(Paragraph::new(shown), inner);
}

fn log_lines(model: &Model, frame: &mut Frame, area: Rect) {
    let title = if model.scroll > 0 { format!("log, {} lines below (PgDn)", model.scroll) } else { "log".to_owned() };
    let block = titled(model, title);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let end = model.log.len() - model.scroll.min(model.log.len());
    let begin = end.saturating_sub(usize::from(inner.height));
    let style = |line: &Line| if line.bad { colour(model, Color::Yellow) } else { Style::new() };
    let lines = model.log.range(begin..end).map(|line| Row::styled(line.text.clone(), style(line)));
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), inner);
}

/// The line that is typed, or what was answered, or the keys that matter most.
fn foot(model: &Model) -> Row<'static> {
    if let Some(prompt) = &model.prompt {
        let (before, behind) = prompt.halves();
        let mut behind = behind.chars();
        let at = behind.next().unwrap_or(' ').to_string();
        let cursor = Style::new().add_modifier(Modifier::REVERSED);
        return Row::from(vec![":".into(), before.into(), Span::styled(at, cursor), behind.collect::<String>().into()]);
    }
    match &model.hint {
        Some(Line { bad: true, text }) => {
            let style = colour(model, Color::Red).add_modifier(Modifier::BOLD);
            Row::styled(format!(" ! {text}"), style)
        }
        Some(Line { text, .. }) => Row::from(format!(" {text}")),
        None => Row::from(" ? help  ↑↓ choose  m mute  s solo  x stop  +- level  p panic  u undo  : command"),
    }
}

/// Keys, over everything.
fn help(model: &Model, frame: &mut Frame, area: Rect) {
    let rows = HELP.iter().map(|(key, what)| Row::from(format!(" {key:<13} {what} "))).collect::<Vec<_>>();
    let height = (rows.len() as u16 + 2).min(area.height);
    let width = (rows.iter().map(Row::width).max().unwrap_or(0) as u16 + 2).min(area.width);
    let area = area.centered(Constraint::Length(width), Constraint::Length(height));
    frame.render_widget(Clear, area);
    let block = Block::bordered().border_style(colour(model, Color::DarkGray)).title(" keys ");
    frame.render_widget(Paragraph::new(rows).block(block), area);
}
