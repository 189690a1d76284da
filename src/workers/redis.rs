//! The queue on Redis, by `apalis-redis`, with what it leaves out: promotion in slices, removal of what is finished, and a
//! connection that survives a stall.

use super::desk::handle;
use super::message::{Message, MessageCodec};
use super::settings::QueueError;
use super::store::{Worker, Working};
use apalis::prelude::{BackendExt, TaskSink, WorkerBuilder, WorkerBuilderExt};
use apalis_redis::{Config, RedisStorage};
use futures::FutureExt;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands, RedisError, Script};
use std::fmt;
use std::time::Duration;

/// Redis may stall that long (a save, a slow command) before a worker gives its connection up. The library's default of
/// half a second ends every worker at the first hiccup.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(20);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// At start a missing Redis is reported, not waited for.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);
const RECONNECTS: usize = 10;
const RECONNECT_MAX_DELAY: Duration = Duration::from_secs(2);
/// Ids that one command may carry; Lua's `unpack` gives up at 8,000.
const PORTION: isize = 500;

/// Moves ids from the sorted set of scheduled messages to the list that is fetched from.
///
/// Every push of apalis goes through that set, and its fetch moves all that is due at once: with 8,000 due messages that
/// fails, at every poll, for ever. Moved in portions right after each push the set stays short whether or not anybody
/// polls, and it does not matter whose clock runs ahead.
const PROMOTE: &str = "local due = redis.call('zpopmin', KEYS[1], ARGV[1])
local ids = {}
for i = 1, #due, 2 do ids[#ids + 1] = due[i] end
if #ids > 0 then redis.call('rpush', KEYS[2], unpack(ids)) end
return #ids";

#[derive(Clone)]
pub(super) struct RedisQueue {
    connection: ConnectionManager,
    address: String,
}

impl fmt::Debug for RedisQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisQueue").field("address", &self.address).finish_non_exhaustive()
    }
}

/// A connection that comes back by itself, and the server's address.
pub(super) async fn connect(url: &str) -> Result<(ConnectionManager, String), QueueError> {
    let client = redis::Client::open(url).map_err(|error| QueueError::Setting {
        field: "url",
        given: "redis://…".to_owned(),
        wanted: if error.to_string().contains("TLS") {
            "TLS is not built in: connect by redis:// through a tunnel"
        } else {
            "write redis://[user:password@]host:port[/database]"
        },
    })?;
    let address = client.get_connection_info().addr().to_string();
    let failed = |reason: String| QueueError::Redis { address: address.clone(), reason };
    let config = ConnectionManagerConfig::new()
        .set_response_timeout(Some(RESPONSE_TIMEOUT))
        .set_connection_timeout(Some(CONNECT_TIMEOUT))
        .set_number_of_retries(RECONNECTS)
        .set_max_delay(RECONNECT_MAX_DELAY);
    let connecting = client.get_connection_manager_with_config(config);
    let connection = tokio::time::timeout(OPEN_TIMEOUT, connecting)
        .await
        .map_err(|_| failed(format!("no connection within {} s; is it running?", OPEN_TIMEOUT.as_secs())))?
        .map_err(|error| failed(error.to_string()))?;
    Ok((connection, address))
}

impl RedisQueue {
    pub(super) async fn open(url: &str) -> Result<Self, QueueError> {
        let (connection, address) = connect(url).await?;
        Ok(Self { connection, address })
    }

    pub(super) fn work(&self, worker: Worker) -> Working {
        // One message at a time: with a larger batch neither acknowledgements nor heartbeats leave until the batch is done.
        // Locks would only be bookkeeping: a fetched message is in its worker's set already.
        let config = Config::default()
            .queue(&worker.queue)
            .batch_size(1)
            .lock_tasks(false)
            .emit_events(false)
            .heartbeat_interval(worker.heartbeat)
            .missed_heartbeats(worker.missed_heartbeats);
        let storage = RedisStorage::<Message>::new(self.connection.clone()).with_config(config);
        WorkerBuilder::new(&worker.context)
            .backend(storage.with_codec(MessageCodec).poll_with_strategy(worker.tick))
            .data(worker.desk)
            .concurrency(worker.size)
            .build(handle)
            .run()
            .boxed()
    }

    pub(super) async fn push(&self, queue: &str, messages: Vec<Message>) -> Result<(), String> {
        let config = Config::default().queue(queue).emit_events(false);
        let mut storage = RedisStorage::<Message>::new(self.connection.clone()).with_config(config).with_codec(MessageCodec);
        storage.push_bulk(messages).await.map_err(|error| error.to_string())?;
        self.promote(queue).await.map_err(|error| error.to_string())
    }

    async fn promote(&self, queue: &str) -> Result<(), RedisError> {
        let script = Script::new(PROMOTE);
        let mut connection = self.connection.clone();
        loop {
            let moved: isize =
                script.key(format!("{queue}:scheduled")).key(format!("{queue}:active")).arg(PORTION).invoke_async(&mut connection).await?;
            if moved < PORTION {
                return Ok(());
            }
        }
    }

    pub(super) async fn unfinished(&self, queue: &str) -> Result<usize, String> {
        let (known, done, dead): (usize, usize, usize) = redis::pipe()
            .atomic()
            .hlen(format!("{queue}:data"))
            .scard(format!("{queue}:done"))
            .scard(format!("{queue}:dead"))
            .query_async(&mut self.connection.clone())
            .await
            .map_err(|error| error.to_string())?;
        Ok(known.saturating_sub(done + dead))
    }

    /// `worker` is the one of this process: its record is kept for `keep` from now, so that the records of processes that
    /// died go by themselves. Promotion here heals a queue that another program flooded.
    pub(super) async fn tidy(&self, queue: &str, worker: &str, keep: Duration) -> Result<(), String> {
        let tidied = async {
            self.promote(queue).await?;
            self.remove(queue, &format!("{queue}:done")).await?;
            self.remove(queue, &format!("{queue}:dead")).await?;
            let seconds = i64::try_from(keep.as_secs()).unwrap_or(i64::MAX);
            self.connection.clone().expire::<_, ()>(format!("{queue}:workers:metadata:{worker}"), seconds).await
        };
        tidied.await.map_err(|error: RedisError| error.to_string())
    }

    /// Removes the messages whose ids stand in `finished`. Two processes may do so at once.
    async fn remove(&self, queue: &str, finished: &str) -> Result<(), RedisError> {
        let mut connection = self.connection.clone();
        loop {
            let ids: Vec<String> = connection.srandmember_multiple(finished, PORTION).await?;
            if ids.is_empty() {
                return Ok(());
            }
            let details: Vec<String> = ids.iter().map(|id| format!("{queue}:meta:{id}")).collect();
            let mut removal = redis::pipe();
            removal.atomic().hdel(format!("{queue}:data"), &ids).del(details).srem(finished, &ids);
            removal.exec_async(&mut connection).await?;
        }
    }

    /// A worker that still holds messages stays on record, so that others find them when its heartbeats are missed.
    pub(super) async fn retire(&self, queue: &str, worker: &str) -> Result<(), String> {
        let mut connection = self.connection.clone();
        let retired = async {
            let held: usize = connection.scard(format!("{queue}:inflight:{worker}")).await?;
            if held == 0 {
                let mut removal = redis::pipe();
                removal.atomic().zrem(format!("{queue}:workers"), worker).del(format!("{queue}:workers:metadata:{worker}"));
                removal.exec_async(&mut connection).await?;
            }
            Ok(())
        };
        retired.await.map_err(|error: RedisError| error.to_string())
    }

    pub(super) async fn describe(&self) -> Result<String, String> {
        let info: Result<String, RedisError> = redis::cmd("INFO").arg("server").query_async(&mut self.connection.clone()).await;
        let info = info.map_err(|error| format!("redis at {}: {error}", self.address))?;
        let version = info.lines().find_map(|line| line.strip_prefix("redis_version:")).unwrap_or("of unknown version");
        Ok(format!("redis {} at {}", version.trim(), self.address))
    }
}
