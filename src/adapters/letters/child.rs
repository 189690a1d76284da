//! One child process with an input, an output and limits: for programs that must not be trusted to end.
//!
//! The child gets an empty environment and a process group of its own; when its time is up the whole group is killed.

use rustix::process::{Pid, Signal, kill_process_group};
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// What a child may use up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) timeout: Duration,
    /// Bytes on its standard output.
    pub(super) output: usize,
}

/// Why there is no output to be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ChildError {
    #[error("can't be started: {0}")]
    Start(String),
    #[error("did not end within {} seconds and was killed", .0.as_secs_f32())]
    Timeout(Duration),
    #[error("wrote more than {0} bytes and was killed")]
    TooLarge(usize),
    #[error("ended with {status}: {stderr}")]
    Failed { status: String, stderr: String },
}

/// Runs the command to its end with `input` on its standard input; returns its standard output.
///
/// # Errors
/// [`ChildError`]. An exit status other than 0 is a failure even if something was written.
pub(super) fn run(mut command: Command, input: Vec<u8>, limits: Limits) -> Result<Vec<u8>, ChildError> {
    /// Enough for a message; the rest is read and dropped so that the child isn't held up.
    const STDERR: usize = 4096;
    let deadline = Instant::now() + limits.timeout;
    // Qt makes a folder of that name unless it can't; none is needed.
    command.env_clear().env("LC_ALL", "C.UTF-8").env("XDG_RUNTIME_DIR", "/dev/null/none").process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| ChildError::Start(error.to_string()))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A child that ends early closes the pipe; its exit status tells the story.
        std::thread::spawn(move || drop(stdin.write_all(&input)));
    }
    let stdout = collect(child.stdout.take(), limits.output, false);
    let stderr = collect(child.stderr.take(), STDERR, true);
    let Ok(output) = stdout.recv_timeout(deadline.saturating_duration_since(Instant::now())) else {
        kill(&mut child);
        return Err(ChildError::Timeout(limits.timeout));
    };
    if output.len() > limits.output {
        kill(&mut child);
        return Err(ChildError::TooLarge(limits.output));
    }
    let status = wait_until(&mut child, deadline).ok_or(ChildError::Timeout(limits.timeout))?;
    if status.success() {
        return Ok(output);
    }
    let words = stderr.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
    Err(ChildError::Failed { status: status.to_string(), stderr: String::from_utf8_lossy(&words).trim().to_owned() })
}

/// Reads a pipe on a thread of its own, up to one byte over `limit`; past that either stops or drops the rest.
fn collect(pipe: Option<impl Read + Send + 'static>, limit: usize, drain: bool) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let Some(mut pipe) = pipe else { return };
        let mut bytes = Vec::new();
        let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        // A pipe that breaks has ended; what was read until then stands.
        let _ = pipe.by_ref().take(most).read_to_end(&mut bytes);
        if drain {
            let _ = std::io::copy(&mut pipe, &mut std::io::sink());
        }
        let _ = sender.send(bytes);
    });
    receiver
}

/// A child that has closed its output ends at once, as a rule: this looks often, for a short time.
fn wait_until(child: &mut Child, deadline: Instant) -> Option<std::process::ExitStatus> {
    const PAUSE: Duration = Duration::from_millis(1);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < deadline => std::thread::sleep(PAUSE),
            Ok(None) | Err(_) => {
                kill(child);
                return None;
            }
        }
    }
}

/// Kills the child's process group and reaps the child. The group still exists: its leader was not reaped yet.
fn kill(child: &mut Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// The program's full path, since the child gets no search path of its own.
pub(super) fn find_program(program: &Path) -> Option<PathBuf> {
    if program.components().count() > 1 {
        return program.is_file().then(|| program.to_owned());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|candidate| candidate.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { timeout: Duration::from_secs(20), output: 100_000 };

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn input_goes_in_and_output_comes_out() {
        let input = vec![b'x'; 90_000];
        assert_eq!(run(shell("cat"), input.clone(), LIMITS), Ok(input));
    }

    #[test]
    fn the_environment_is_empty() {
        let seen = run(shell("echo \"[$HOME$http_proxy$CARGO_MANIFEST_DIR]\""), Vec::new(), LIMITS).unwrap();
        assert_eq!(seen, b"[]\n");
    }

    #[test]
    fn a_failure_is_a_failure_though_something_was_written() {
        let error = run(shell("echo out; echo why >&2; exit 3"), Vec::new(), LIMITS).unwrap_err();
        assert_eq!(error, ChildError::Failed { status: "exit status: 3".to_owned(), stderr: "why".to_owned() });
    }

    #[test]
    fn a_child_that_hangs_is_killed_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let pid_file = folder.path().join("pid");
        let limits = Limits { timeout: Duration::from_millis(500), ..LIMITS };
        let script = format!("sleep 600 & echo $! > {}; wait", pid_file.display());
        assert_eq!(run(shell(&script), Vec::new(), limits), Err(ChildError::Timeout(limits.timeout)));
        let pid: i32 = std::fs::read_to_string(&pid_file).unwrap().trim().parse().unwrap();
        let deadline = Instant::now() + Duration::from_secs(5);
        while is_running(pid) {
            assert!(Instant::now() < deadline, "the child's child {pid} still runs");
            std::thread::yield_now();
        }
    }

    /// A killed orphan may wait as a zombie for whoever adopted it.
    fn is_running(pid: i32) -> bool {
        std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
    }

    #[test]
    fn a_child_that_closes_its_output_and_stays_is_killed() {
        let limits = Limits { timeout: Duration::from_millis(500), ..LIMITS };
        assert_eq!(run(shell("exec >&-; exec sleep 600"), Vec::new(), limits), Err(ChildError::Timeout(limits.timeout)));
    }

    #[test]
    fn endless_output_is_cut() {
        assert_eq!(run(shell("while :; do echo xxxxxxxxxxxxxxxx; done"), Vec::new(), LIMITS), Err(ChildError::TooLarge(100_000)));
    }

    #[test]
    fn programs_are_found_in_the_path_or_where_they_are_named() {
        assert!(find_program(Path::new("sh")).unwrap().is_absolute());
        assert_eq!(find_program(Path::new("no-such-program")), None);
        assert_eq!(find_program(Path::new("/no/such/program")), None);
    }
}
