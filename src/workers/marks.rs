//! Marks on Redis: how far the ledger was, kept where every process of an installation can see it.
//!
//! Losing them loses a warning, nothing else: each machine has a file of its own beside them.

use super::redis::connect;
use super::settings::QueueError;
use crate::domain::ids::TenantId;
use crate::domain::mark::Mark;
use redis::aio::ConnectionManager;
use redis::{AsyncCommands, Script};

/// Replaces a tenant's mark by one that is further, or of another lineage: who writes has made sure of that.
const RAISE: &str = "local known = redis.call('hget', KEYS[1], ARGV[1])
if known then
  local seq, lineage = string.match(known, '^%S+ (%S+) %S+ (%S+)')
  if lineage == ARGV[4] and tonumber(seq) >= tonumber(ARGV[3]) then return 0 end
end
redis.call('hset', KEYS[1], ARGV[1], ARGV[2])
return 1";

/// The place of the marks on a Redis server.
pub struct MarkShelf {
    connection: ConnectionManager,
    key: String,
}

impl std::fmt::Debug for MarkShelf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MarkShelf").field("key", &self.key).finish_non_exhaustive()
    }
}

impl MarkShelf {
    /// Connects.
    ///
    /// # Errors
    /// When the server can't be reached.
    pub async fn open(url: &str, namespace: &str) -> Result<Self, QueueError> {
        let (connection, _) = connect(url).await?;
        Ok(Self { connection, key: format!("{namespace}:marks") })
    }

    /// The marks that stand there.
    ///
    /// # Errors
    /// The server's own words.
    pub async fn read(&self) -> Result<Vec<(TenantId, Mark)>, String> {
        let lines: Vec<String> = self.connection.clone().hvals(&self.key).await.map_err(|error| error.to_string())?;
        Ok(lines.iter().filter_map(|line| Mark::parse(line)).collect())
    }

    /// Writes marks that are further than those that stand there.
    ///
    /// # Errors
    /// The server's own words.
    pub async fn write(&self, marks: &[(TenantId, Mark)]) -> Result<(), String> {
        let script = Script::new(RAISE);
        for (tenant, mark) in marks {
            let line = mark.line(*tenant);
            let lineage = if mark.lineage.is_empty() { "-" } else { &mark.lineage };
            let mut call = script.key(&self.key);
            call.arg(tenant.0).arg(&line).arg(mark.seq).arg(lineage);
            let _: i64 = call.invoke_async(&mut self.connection.clone()).await.map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}
