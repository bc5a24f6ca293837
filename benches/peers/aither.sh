# What the scripts that measure aither beside others begin with. They read it from their own folders.

# The program to be measured: what AITHER names, or the release build of this project, which is made.
aither=${AITHER:-}
if [ -z "$aither" ]; then
    project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
    (cd "$project" && cargo build --release --quiet) || exit 1
    aither=${CARGO_TARGET_DIR:-$project/target}/release/aither
fi

# Nanoseconds per frame of the signals: signals PATH BACKEND SECONDS
signals() {
    "$aither" bench "$1" --backend "$2" --seconds "$3" --json 2>/dev/null |
        grep -o '"ns_per_frame":[-+0-9.e]*' | head -n 1 | cut -d: -f2
}
