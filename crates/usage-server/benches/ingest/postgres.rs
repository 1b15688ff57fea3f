//! A peer: the same hyper server in front of PostgreSQL, a row a request, with PostgreSQL's own
//! defaults (every commit on disk; commits of several connections share a sync).

use std::convert::Infallible;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio_postgres::{Client, Config, NoTls, Statement};

use crate::child::{Running, Server};
use crate::request::{Template, USAGE};

/// Connections to the database: enough that many commits share a sync.
const POOL: usize = 32;

const TABLE: &str = "CREATE TABLE report (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now(),
    product text NOT NULL,
    body json NOT NULL)";

const INSERT: &str = "INSERT INTO report (product, body) VALUES ('influxdb', $1::text::json)";

/// Starts a database of its own and the server in front; `None` where there is no PostgreSQL.
pub(crate) fn start() -> io::Result<Option<Server>> {
    let Some(programs) = programs() else {
        return Ok(None);
    };
    let data = tempfile::tempdir()?;
    // PostgreSQL refuses to run as root; then its own user needs a way in.
    std::fs::set_permissions(data.path(), PermissionsExt::from_mode(0o777))?;
    let cluster = data.path().join("cluster");
    let made = as_its_user(&programs.join("initdb"))
        .args(["--auth=trust", "--username=bench", "-D"])
        .arg(&cluster)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    if !made.success() {
        return Err(io::Error::other("initdb failed"));
    }
    let database = Running::start(
        as_its_user(&programs.join("postgres"))
            .arg("-D")
            .arg(&cluster)
            .arg("-k")
            .arg(data.path())
            .args(["-c", "listen_addresses="])
            .stderr(Stdio::null()),
    )?;
    let socket = data.path().join(".s.PGSQL.5432");
    for _ in 0..600 {
        if socket.exists() {
            break;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(100));
    }
    let mut front = Command::new(std::env::current_exe()?);
    front.arg("postgres").arg(data.path());
    let template = Template::post("/api/v1/usage/influxdb", "", USAGE);
    let mut server = Server::start(
        "PostgreSQL, a row a request",
        &mut front,
        template,
        Some(data),
    )?;
    server.children.push(database);
    Ok(Some(server))
}

/// The newest of Debian's, or what is on the path.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let folders = versions.map(|version| version.path().join("bin"));
    folders.filter(|bin| bin.join("initdb").exists()).max()
}

fn as_its_user(program: &Path) -> Command {
    let is_root = std::env::var("USER").is_ok_and(|user| user == "root")
        || std::fs::metadata("/proc/self")
            .is_ok_and(|us| std::os::unix::fs::MetadataExt::uid(&us) == 0);
    if !is_root {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
    command.arg(program).current_dir("/");
    command
}

/// The server in front, as a process of its own.
pub(crate) fn serve(socket: &str) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut pool = Vec::with_capacity(POOL);
        for member in 0..POOL {
            pool.push(
                connect(socket, member == 0)
                    .await
                    .map_err(io::Error::other)?,
            );
        }
        let pool = Arc::new((pool, AtomicUsize::new(0)));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        crate::child::announce(listener.local_addr()?)?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let pool = Arc::clone(&pool);
            let service = service_fn(move |request| answer(request, Arc::clone(&pool)));
            tokio::spawn(
                hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service),
            );
        }
    })
}

async fn connect(socket: &str, first: bool) -> Result<(Client, Statement), tokio_postgres::Error> {
    let mut config = Config::new();
    config.host_path(socket).user("bench").dbname("postgres");
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    if first {
        client.batch_execute(TABLE).await?;
    }
    let insert = client.prepare(INSERT).await?;
    Ok((client, insert))
}

type Pool = (Vec<(Client, Statement)>, AtomicUsize);

async fn answer(
    request: Request<Incoming>,
    pool: Arc<Pool>,
) -> Result<Response<Empty<Bytes>>, Infallible> {
    let body = request.into_body().collect().await;
    let body = body.map(|body| body.to_bytes()).unwrap_or_default();
    let text = std::str::from_utf8(&body).unwrap_or_default();
    let (client, insert) = &pool.0[pool.1.fetch_add(1, Ordering::Relaxed) % POOL];
    let mut answer = Response::new(Empty::new());
    *answer.status_mut() = match client.execute(insert, &[&text]).await {
        Ok(_) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    Ok(answer)
}
