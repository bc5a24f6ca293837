//! Figures as aligned tables for people. It measures nothing.

use super::{PoolStats, Stats};
use crate::memory::health::{Level, Reserve};
use crate::session::list::transport;
use crate::session::load::Cost;

/// The figures as tables; beside `before`, from so many seconds ago, with claims and releases per second.
pub fn text(stats: &Stats, before: Option<(&Stats, f64)>) -> String {
    let mut text = heading(stats);
    text += "\n";
    text += &memory(stats, before);
    let code = &stats.code;
    text += &format!(
        "\nmachine code: {} pieces ({} idle), {}; {} hits, {} misses, {} evictions; {:.1} ms to make\n",
        code.pieces,
        code.idle,
        size(code.bytes as u64),
        code.hits,
        code.misses,
        code.evictions,
        code.generation_ms,
    );
    if !stats.signals.is_empty() {
        text += "\n";
        text += &signals(stats);
    }
    if !stats.health.crossings.is_empty() {
        text += "\n";
    }
    for crossed in &stats.health.crossings {
        text += &format!("at frame {}  {}\n", crossed.frame, crossed.crossing);
    }
    for leak in &stats.health.leaks {
        text += &format!("leak: {leak}\n");
    }
    text
}

/// Time, saves, the audio thread, the process.
fn heading(stats: &Stats) -> String {
    let Stats { frames, seconds, rate, tempo, beat, reloads, audio, health, process, .. } = stats;
    let mut text = format!(
        "{}  {frames} frames at {rate} Hz, {}, {} saves taken, {} refused",
        time(*seconds),
        transport(*tempo, *beat),
        reloads.taken,
        reloads.refused
    );
    text +=
        &format!("\nhealth: {}, {} helpers, {} strays\naudio thread: ", health.level, health.keys, health.imbalance);
    if let Some(Cost { share, worst_us, worst_share }) = &audio.cost {
        text += &format!("{} of the time, at worst {} ({worst_us:.0} µs), ", percent(*share), percent(*worst_share));
    }
    text += &format!("{} heap calls, {} lost events", audio.heap_calls, audio.lost_events);
    text += &match audio.faded_out {
        0 => "\n".to_owned(),
        count => format!(", {count} signals faded out for what they cost\n"),
    };
    if let Some(device) = &stats.device {
        text += &format!(
            "device: {} blocks, {} dropouts, {} late, {} too slow, worst block {}\n",
            device.callbacks,
            device.xruns,
            device.late,
            device.overloads,
            percent(device.worst_load_ppm as f64 / 1e6),
        );
    }
    let parts = [
        process.heap_blocks.map(|blocks| format!("{blocks} blocks of the heap")),
        process.heap_bytes.map(|bytes| size(bytes as u64)),
        process.threads.map(|threads| format!("{threads} threads")),
    ];
    let parts = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    if !parts.is_empty() {
        text += &format!("process: {parts}\n");
    }
    text
}

/// A row for each reserve.
fn memory(stats: &Stats, before: Option<(&Stats, f64)>) -> String {
    let mut head = vec!["memory", "used", "fading", "capacity", "full", "", "high water", "keys", "claims", "releases"];
    if before.is_some() {
        head.extend(["claims/s", "releases/s"]);
    }
    head.extend(["refused", "free in", "longest"]);
    let mut rows = vec![head.into_iter().map(str::to_owned).collect::<Vec<_>>()];
    for (reserve, pool) in &stats.pools {
        let PoolStats { claims, releases, refusals, keys, pressure, level, .. } = pool;
        let units =
            |units: u64| if *reserve == Reserve::Sandboxes { units.to_string() } else { size(units * pool.unit) };
        let mut row = vec![
            self::reserve(*reserve).to_owned(),
            units(pool.used),
            units(pool.fading),
            units(pool.capacity),
            percent(*pressure),
            if *level == Level::Ok { String::new() } else { level.to_string() },
            units(pool.high_water),
            keys.to_string(),
            claims.to_string(),
            releases.to_string(),
        ];
        if let Some((before, seconds)) = before {
            let former = before.pools.get(reserve).cloned().unwrap_or_default();
            let rate = |now: u64, before: u64| format!("{:.1}", now.saturating_sub(before) as f64 / seconds);
            row.extend([rate(*claims, former.claims), rate(*releases, former.releases)]);
        }
        row.extend([
            refusals.to_string(),
            pool.free_pieces.map_or(String::new(), |pieces| pieces.to_string()),
            pool.largest_free.map_or(String::new(), units),
        ]);
        rows.push(row);
    }
    table(&rows, 1)
}

/// What a memory is called in tables.
pub fn reserve(reserve: Reserve) -> &'static str {
    match reserve {
        Reserve::Helpers => "helpers",
        Reserve::Sandboxes => "sandboxes",
        Reserve::Programs => "programs",
        Reserve::Code => "code",
        Reserve::Vectors => "vectors",
        Reserve::Fades => "fades",
        Reserve::Undo => "undo",
    }
}

/// A row for each signal.
fn signals(stats: &Stats) -> String {
    let head = ["signal", "file", "helpers", "slots", "memory", "share", "worst", ""];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for signal in &stats.signals {
        let cost = |show: fn(&Cost) -> String| signal.cost.as_ref().map_or(String::new(), show);
        rows.push(vec![
            signal.name.clone(),
            signal.file.clone(),
            signal.helpers.to_string(),
            signal.slots.to_string(),
            size(signal.bytes),
            cost(|cost| percent(cost.share)),
            cost(|cost| format!("{:.0} µs", cost.worst_us)),
            if signal.parked { "parked".to_owned() } else { String::new() },
        ]);
    }
    table(&rows, 2)
}

/// Columns as wide as what they hold: the first ones to the left, the others to the right.
fn table(rows: &[Vec<String>], left: usize) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let wide = |column: usize| rows.iter().filter_map(|row| Some(row.get(column)?.chars().count())).max().unwrap_or(0);
    let widths = (0..columns).map(wide).collect::<Vec<_>>();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate().filter(|(_, (_, width))| **width > 0);
        let cells = cells.map(
            |(column, (cell, &width))| {
                if column < left { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
            },
        );
        text += cells.collect::<Vec<_>>().join("  ").trim_end();
        text.push('\n');
    }
    text
}

/// Bytes in the largest unit that leaves a number of at least one.
fn size(bytes: u64) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) if bytes.is_multiple_of(unit) => format!("{} {name}", bytes / unit),
        Some((unit, name)) => format!("{:.1} {name}", bytes as f64 / unit as f64),
        None => format!("{bytes} B"),
    }
}

fn percent(part: f64) -> String {
    format!("{:.1} %", part * 100.0)
}

/// Hours, minutes and seconds.
fn time(seconds: f64) -> String {
    let whole = seconds as u64;
    format!("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60)
}
