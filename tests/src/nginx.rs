//! Debian's nginx before a fixture, in the foreground and with everything it writes in the test's folder.
//! How it is configured is the test's business: this gives only what every configuration needs.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use tokio::{
    net::TcpStream,
    process::{Child, Command},
};

use crate::wait;

const START: Duration = Duration::from_secs(30);

/// A running nginx; killed with this value.
pub struct Nginx {
    child: Child,
    log: PathBuf,
}

/// A port that nobody listens on.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}

impl Nginx {
    /// Starts one with this `server` block, which listens on that port.
    pub async fn start(dir: &Path, port: u16, server: &str) -> Result<Nginx> {
        let dir = dir.join(format!("nginx-{port}"));
        std::fs::create_dir(&dir)?;
        let config = dir.join("nginx.conf");
        let log = dir.join("error.log");
        std::fs::write(&config, around(&dir, &log, server))?;
        let program = Path::new("/usr/sbin/nginx");
        let program = if program.exists() {
            program
        } else {
            Path::new("nginx")
        };
        let child = Command::new(program)
            .arg("-c")
            .arg(&config)
            .arg("-e")
            .arg(&log)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("nginx does not start")?;
        let mut nginx = Nginx { child, log };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listens = || async {
            let is_there = TcpStream::connect(address).await.is_ok();
            wait::holds(is_there, "nobody listens")
        };
        let started = wait::until(START, "nginx listens", listens).await;
        let ended = nginx.child.try_wait()?;
        ensure!(ended.is_none(), "nginx ended: {}", nginx.errors());
        started.with_context(|| nginx.errors())?;
        Ok(nginx)
    }

    /// What it complained about.
    pub fn errors(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// What it answered, one line each.
    pub fn answers(&self) -> String {
        let log = self.log.with_file_name("access.log");
        std::fs::read_to_string(log).unwrap_or_default()
    }

    /// Ends it.
    pub async fn stop(mut self) -> Result<()> {
        self.child.kill().await.context("nginx does not end")
    }
}

fn around(dir: &Path, log: &Path, server: &str) -> String {
    let dir = dir.display();
    let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let folders: String = folders
        .iter()
        .map(|name| format!("    {name}_temp_path {dir}/{name};\n"))
        .collect();
    format!(
        "daemon off;\nmaster_process off;\npid {dir}/nginx.pid;\nerror_log {} warn;\n\
         events {{ worker_connections 512; }}\n\
         http {{\n    access_log {dir}/access.log;\n{folders}{server}\n}}\n",
        log.display()
    )
}
