//! `aither doctor`: what facts about a machine come to, in exact words.

use std::path::PathBuf;
use std::time::Duration;

use aither::compile::BackEnd;
use aither::device::Error;
use aither::session::doctor::{Disk, Facts, Governor, Inotify, Limits, Opened, Verdict, Watching, text};

use crate::cli::{aither, folder, json};

/// A machine with which nothing is wrong.
fn well() -> Facts {
    Facts {
        device: Ok(Opened {
            name: "HDA Intel PCH".to_owned(),
            rate: 48_000,
            channels: 2,
            frames: Some(512),
            format: "f32".to_owned(),
            callbacks: 47,
            dropouts: 0,
            no_priority: false,
        }),
        buffer: 512,
        memory: Ok(118 << 20),
        limits: Some(Limits { priority: 95, locked: Some(8 << 20) }),
        governor: Some(Governor { name: "performance".to_owned(), driver: "acpi-cpufreq".to_owned() }),
        back_end: BackEnd::Cranelift,
        features: vec!["avx2", "fma"],
        watching: Watching::Heard(Duration::from_millis(14)),
        inotify: Some(Inotify { watches: 524_288, instances: 128 }),
        disk: Some(Disk { folder: PathBuf::from("/music"), free: 384_000 * 3600 * 5 }),
        recorded: 384_000,
        socket: Ok(Vec::new()),
    }
}

/// What is said of a subject of a machine that differs from a good one: verdict, what was found, what to do.
#[track_caller]
fn says(subject: &str, facts: &Facts, verdict: Verdict, found: &str, remedy: Option<&str>) {
    let findings = facts.findings();
    let finding = findings.iter().find(|finding| finding.subject == subject).expect(subject);
    assert_eq!((finding.verdict, finding.found.as_str(), finding.remedy.as_deref()), (verdict, found, remedy));
    let others = |finding: &&aither::session::doctor::Finding| finding.verdict != Verdict::Ok;
    let worse = findings.iter().filter(others).count();
    assert_eq!(worse, usize::from(verdict != Verdict::Ok), "one thing differs: {findings:?}");
}

#[test]
fn a_machine_that_can_play_is_told_line_by_line() {
    let arch = std::env::consts::ARCH;
    let wanted = format!(
        "ok       sound device      HDA Intel PCH: 48000 Hz, 2 channels, f32\n\
         ok       buffer            512 frames (10.7 ms)\n\
         ok       memory            the 118 MiB that `run` reserves can be had\n\
         ok       real-time rights  priorities up to 95\n\
         ok       locked memory     8 MiB may be locked; aither needs none\n\
         ok       processor clock   `performance`\n\
         ok       processor         {arch}, avx2, fma: --backend cranelift\n\
         ok       file watching     a save is heard after 14 ms\n\
         ok       watching limits   524288 files and folders, 128 programs\n\
         ok       disk              6.4 GiB are free in /music: 5 hours of the master\n\
         ok       control socket    commands reach an engine; none runs now\n\
         it can play\n"
    );
    assert_eq!(text(&well().findings()), wanted);
}

#[test]
fn what_is_wrong_stands_above_what_to_do() {
    let mut facts =
        Facts { device: Err(Error::None), limits: None, governor: None, inotify: None, disk: None, ..well() };
    facts.watching = Watching::Deaf;
    let said = text(&facts.findings());
    let wanted = "problem  sound device    none plays: there is none\n\
                  \u{20}                        > connect one and start its driver or sound server; `aither devices` lists what there is\n\
                  ok       memory          the 118 MiB that `run` reserves can be had\n";
    assert!(said.starts_with(wanted), "{said}");
    let ends = "warning  file watching   a save is not heard\n\
                \u{20}                        > aither run --poll\n\
                ok       control socket  commands reach an engine; none runs now\n\
                it cannot play: one problem\n";
    assert!(said.ends_with(ends), "{said}");
    facts.memory = Err("no".to_owned());
    assert!(text(&facts.findings()).ends_with("\nit cannot play: 2 problems\n"));
    assert!(
        text(&Facts { watching: Watching::Deaf, ..well() }.findings())
            .ends_with("\nit can play; one thing could be better\n")
    );
}

#[test]
fn each_reason_why_no_device_plays_has_its_remedy() {
    let choose = "aither devices\naither run --device NAME";
    for (why, found, remedy) in [
        (Error::Unknown("usb".to_owned()), "none plays: none is called `usb`; `aither devices` lists them", choose),
        (Error::Clockless("null".to_owned()), "none plays: `null` keeps no time", choose),
        (Error::Mute("hdmi".to_owned()), "none plays: `hdmi` was opened but asks for no sound", choose),
        (
            Error::Rate { name: "dac".to_owned(), rate: 48_000, offers: vec![[44_100, 44_100]] },
            "none plays: `dac` cannot play 48000 Hz, only 44100 Hz",
            "aither run --rate 44100",
        ),
        (Error::NotBuilt, "none plays: aither was built without them", "cargo install --path ."),
    ] {
        says("sound device", &Facts { device: Err(why), ..well() }, Verdict::Problem, found, Some(remedy));
    }
    #[cfg(target_os = "linux")]
    says(
        "sound device",
        &Facts { device: Err(Error::Busy("dac".to_owned())), ..well() },
        Verdict::Problem,
        "none plays: `dac` is busy",
        Some("fuser -v /dev/snd/*\nend the program that it names, or let both play through a sound server"),
    );
}

#[test]
fn a_device_that_plays_badly_is_told() {
    let opened = |change: fn(&mut Opened)| {
        let mut facts = well();
        change(facts.device.as_mut().unwrap());
        facts
    };
    says(
        "sound device",
        &opened(|opened| opened.callbacks = 0),
        Verdict::Problem,
        "HDA Intel PCH was opened and asks for no sound",
        Some("aither devices\naither run --device NAME"),
    );
    says(
        "buffer",
        &opened(|opened| opened.dropouts = 3),
        Verdict::Warning,
        "512 frames (10.7 ms) drop out of silence already: 3 times in half a second",
        Some("aither run --buffer 1024"),
    );
    says(
        "buffer",
        &opened(|opened| opened.frames = Some(4800)),
        Verdict::Warning,
        "the device takes 4800 frames (100.0 ms), not the 512 that were asked for",
        Some("aither devices\naither run --device NAME"),
    );
    says("buffer", &opened(|opened| opened.frames = None), Verdict::Ok, "512 frames (10.7 ms)", None);
    let remedy = "echo '@audio - rtprio 95' | sudo tee /etc/security/limits.d/95-audio.conf\n\
                  sudo usermod -aG audio \"$USER\"\nthen log in again";
    says(
        "real-time rights",
        &opened(|opened| opened.no_priority = true),
        Verdict::Warning,
        "the device lets the audio thread have no priority",
        Some(remedy),
    );
    let none = Facts { limits: Some(Limits { priority: 0, locked: None }), ..well() };
    says("real-time rights", &none, Verdict::Warning, "none: other programs can hold the sound up", Some(remedy));
    says(
        "locked memory",
        &Facts { limits: Some(Limits { priority: 95, locked: None }), ..well() },
        Verdict::Ok,
        "all memory may be locked; aither needs none",
        None,
    );
}

#[test]
fn what_could_be_better_has_the_exact_command() {
    let facts = Facts { memory: Err("cannot reserve 64 MiB".to_owned()), ..well() };
    let remedy = "aither run --helper-memory 16MiB --code-memory 4MiB";
    says("memory", &facts, Verdict::Problem, "cannot reserve 64 MiB", Some(remedy));
    let governor = |driver: &str| {
        let governor = Governor { name: "powersave".to_owned(), driver: driver.to_owned() };
        Facts { governor: Some(governor), ..well() }
    };
    let remedy = "echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor";
    says("processor clock", &governor("acpi-cpufreq"), Verdict::Warning, "`powersave` holds it down", Some(remedy));
    says("processor clock", &governor("intel_pstate"), Verdict::Ok, "`powersave`", None);
    let arch = std::env::consts::ARCH;
    let found = format!("{arch}: there is no machine code for it, programs are interpreted");
    let remedy = "play fewer signals, or on x86-64 or 64-bit ARM";
    says("processor", &Facts { back_end: BackEnd::Oracle, ..well() }, Verdict::Warning, &found, Some(remedy));
    let watching = |watching: Watching| Facts { watching, ..well() };
    for (what, found, remedy) in [
        (
            Watching::Heard(Duration::from_millis(900)),
            "a save is heard after 900 ms only",
            "keep scripts on a local disk",
        ),
        (
            Watching::Polled("no inotify".to_owned()),
            "no events: no inotify; scripts are looked at four times a second",
            "keep scripts on a local disk, and see the limits below",
        ),
        (Watching::Deaf, "a save is not heard", "aither run --poll"),
        (
            Watching::Untried("read-only".to_owned()),
            "it could not be tried: read-only",
            "export TMPDIR=a folder that can be written",
        ),
    ] {
        says("file watching", &watching(what), Verdict::Warning, found, Some(remedy));
    }
    says(
        "watching limits",
        &Facts { inotify: Some(Inotify { watches: 100, instances: 8 }), ..well() },
        Verdict::Warning,
        "100 files and folders, 8 programs",
        Some("sudo sysctl fs.inotify.max_user_watches=524288\nsudo sysctl fs.inotify.max_user_instances=512"),
    );
    says(
        "disk",
        &Facts { disk: Some(Disk { folder: PathBuf::from("/music"), free: 384_000 * 1200 }), ..well() },
        Verdict::Warning,
        "439.5 MiB are free in /music: 20 minutes of the master",
        Some("record elsewhere: aither record start /another/disk/set.wav"),
    );
    says(
        "control socket",
        &Facts { socket: Err("/run/aither is not private: others may write to it".to_owned()), ..well() },
        Verdict::Warning,
        "commands cannot reach an engine: /run/aither is not private: others may write to it",
        Some("mkdir -m 700 -p /tmp/runtime-$(id -u) && export XDG_RUNTIME_DIR=/tmp/runtime-$(id -u)"),
    );
    let running = Facts { socket: Ok(vec!["aither".to_owned(), "left".to_owned()]), ..well() };
    says("control socket", &running, Verdict::Ok, "commands reach an engine; these run now: aither, left", None);
}

#[test]
fn limits_are_read_as_the_kernel_writes_them() {
    let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                  Max locked memory         8388608              8388608              bytes     \n\
                  Max nice priority         0                    0                    \n\
                  Max realtime priority     95                   95                   \n";
    let status = |mask: &str| format!("Name:\taither\nCapEff:\t{mask}\n");
    let read = |mask: &str| Limits::read(limits, &status(mask));
    assert_eq!(read("0000000000000000"), Some(Limits { priority: 95, locked: Some(8 << 20) }));
    // CAP_SYS_NICE, CAP_IPC_LOCK.
    assert_eq!(read("0000000000800000"), Some(Limits { priority: 99, locked: Some(8 << 20) }));
    assert_eq!(read("0000000000004000"), Some(Limits { priority: 95, locked: None }));
    let unlimited = limits.replace("8388608", "unlimited");
    assert_eq!(Limits::read(&unlimited, ""), Some(Limits { priority: 95, locked: None }));
    assert_eq!(Limits::read("", ""), None);
}

#[test]
fn the_doctor_looks_at_this_machine_and_ends_with_what_it_found() {
    let here = folder(&[]);
    let output = aither(here.path(), &["doctor", "--json"]);
    let told = json(&String::from_utf8(output.stdout).unwrap());
    let findings = told["findings"].as_array().unwrap();
    let verdict =
        |subject: &str| findings.iter().find(|finding| finding["subject"] == subject).map(|one| &one["verdict"]);
    for subject in ["sound device", "memory", "processor", "file watching", "control socket"] {
        assert!(verdict(subject).is_some(), "{subject} in {told}");
    }
    assert_eq!((verdict("memory"), verdict("control socket")), (Some(&"ok".into()), Some(&"ok".into())), "{told}");
    let well = findings.iter().all(|finding| finding["verdict"] != "problem");
    assert_eq!((&told["doctor"], &told["ok"]), (&1.into(), &well.into()));
    assert_eq!(output.status.code(), Some(if well { 0 } else { 1 }));
    // A save in a folder of its own was heard, and the folder is gone.
    let heard = findings.iter().find(|finding| finding["subject"] == "file watching").unwrap();
    assert!(
        heard["found"].as_str().unwrap().contains(" heard after ")
            || heard["found"].as_str().unwrap().contains("four times a second"),
        "{heard}"
    );
}
