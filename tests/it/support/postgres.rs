//! A private PostgreSQL that a test may stop and start: its own port, its own folder, gone with the test.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::time::{Duration, Instant};

const STARTS_WITHIN: Duration = Duration::from_secs(30);

/// A running cluster with trust authentication on loopback.
#[derive(Debug)]
pub(crate) struct PostgresServer {
    folder: tempfile::TempDir,
    programs: PathBuf,
    port: u16,
    process: Child,
}

impl PostgresServer {
    /// `None` where PostgreSQL's server programs are not installed, or this user can't run them.
    pub(crate) async fn start() -> Option<Self> {
        let programs = programs()?;
        let folder = tempfile::tempdir().ok()?;
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).ok()?;
        let data = folder.path().join("data");
        std::fs::create_dir(&data).ok()?;
        if let Some(user) = other_user() {
            Command::new("chown").arg(user).arg(&data).status().ok().filter(std::process::ExitStatus::success)?;
        }
        let made = as_server(&programs.join("initdb"))
            .arg("-D")
            .arg(&data)
            .args(["-U", "mahnwerk", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        made.ok().filter(std::process::ExitStatus::success)?;
        let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port();
        let process = spawn(&programs, &data, port);
        let mut server = Self { folder, programs, port, process };
        server.wait_until_ready().await;
        Some(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://mahnwerk@127.0.0.1:{}/postgres", self.port)
    }

    /// As a crash: no client is told, nothing is tidied; the next start recovers from the log.
    pub(crate) fn crash(&mut self) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-QUIT", &pid]).status().expect("kill").success());
        self.process.wait().expect("its exit status");
    }

    /// Starts it again on the same port with the data that it had.
    pub(crate) async fn restart(&mut self) {
        self.process = spawn(&self.programs, &self.folder.path().join("data"), self.port);
        self.wait_until_ready().await;
    }

    async fn wait_until_ready(&mut self) {
        use sqlx::Connection;
        let options = sqlx::postgres::PgConnectOptions::from_str(&self.url()).expect("a valid URL");
        let began = Instant::now();
        while sqlx::PgConnection::connect_with(&options).await.is_err() {
            if let Ok(Some(status)) = self.process.try_wait() {
                panic!("PostgreSQL ended at its start: {status}");
            }
            assert!(began.elapsed() < STARTS_WITHIN, "PostgreSQL did not answer within {STARTS_WITHIN:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        let pid = self.process.id().to_string();
        let _ = Command::new("kill").args(["-QUIT", &pid]).status();
        let _ = self.process.wait();
    }
}

fn spawn(programs: &Path, data: &Path, port: u16) -> Child {
    as_server(&programs.join("postgres"))
        .arg("-D")
        .arg(data)
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-c", "fsync=on", "-c", "max_connections=100", "-k", ""])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("postgres starts")
}

/// Debian keeps the server's programs out of the path; the newest version is taken.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort_by_key(|folder| folder.parent().and_then(Path::file_name).and_then(|name| name.to_str()?.parse::<u32>().ok()));
    folders.reverse();
    folders.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
    folders.into_iter().find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// PostgreSQL refuses to run as root; root runs it as somebody else.
fn other_user() -> Option<&'static str> {
    let exists = |user: &&str| Command::new("id").arg(user).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success());
    is_root().then(|| ["postgres", "nobody"].into_iter().find(exists)).flatten()
}

fn as_server(program: &Path) -> Command {
    let Some(user) = other_user() else { return Command::new(program) };
    let group = Command::new("id").args(["-g", user]).output().expect("id").stdout;
    let group = String::from_utf8_lossy(&group).trim().to_owned();
    let mut command = Command::new("setpriv");
    command.arg(format!("--reuid={user}")).arg(format!("--regid={group}")).arg("--init-groups").arg(program);
    command
}
