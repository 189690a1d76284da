//! A pool as the board's backend: reads by way of [`Steps`], takes nothing.

use super::codec::ArgumentsCodec;
use super::task::{Standing, TaskKey};
use super::{BoardTask, Steps};
use crate::domain::pool::Pool;
use apalis_core::backend::finalize::Durable;
use apalis_core::backend::{
    Backend, BackendConfig, FetchById, Filter, ListAllTasks, ListQueues, ListTasks, ListWorkers, Metrics, QueueInfo, RunningWorker,
    StatType, Statistic, WireFormatBackend,
};
use apalis_core::layers::Identity;
use apalis_core::task::Task;
use apalis_core::task::task_id::TaskId;
use apalis_core::worker::context::WorkerContext;
use futures::Sink;
use serde_json::Value;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use ulid::Ulid;

/// A page of the board holds so many at most.
const LARGEST_PAGE: u32 = 200;

#[derive(Debug, thiserror::Error)]
pub(super) enum BoardError {
    #[error("{0}")]
    Ledger(String),
    #[error("tasks come from the ledger; nothing can be pushed here")]
    ReadOnly,
}

#[derive(Clone)]
pub(super) struct Facade {
    steps: Arc<dyn Steps>,
    pool: Pool,
}

impl Facade {
    pub(super) fn new(steps: Arc<dyn Steps>, pool: Pool) -> Self {
        Self { steps, pool }
    }

    /// Without a status the board means what is under way.
    async fn tasks(&self, pool: Option<Pool>, filter: &Filter) -> Result<Vec<Task<Value>>, BoardError> {
        let page = filter.page.max(1) - 1;
        let size = filter.page_size.unwrap_or(10).clamp(1, LARGEST_PAGE);
        let (offset, limit) = (usize::try_from(page.saturating_mul(size)).unwrap_or(0), usize::try_from(size).unwrap_or(10));
        let standings = match filter.status.as_ref().and_then(Standing::of) {
            Some(one) => vec![one],
            None => vec![Standing::Running, Standing::Queued, Standing::Pending, Standing::Failed],
        };
        let mut found: Vec<BoardTask> = Vec::new();
        let (mut skip, mut left) = (offset, limit);
        for standing in standings {
            let some = self.steps.list(pool, standing, 0, skip + left).await.map_err(BoardError::Ledger)?;
            let taken: Vec<_> = some.iter().skip(skip).take(left).cloned().collect();
            skip = skip.saturating_sub(some.len());
            left -= taken.len();
            found.extend(taken);
            if left == 0 {
                break;
            }
        }
        found.into_iter().map(|task| task.task().map_err(BoardError::Ledger)).collect()
    }

    async fn statistics(&self, pool: Option<Pool>) -> Result<Vec<Statistic>, BoardError> {
        let counts = self.steps.counts().await.map_err(BoardError::Ledger)?;
        let of = |wanted: &[Standing]| -> i64 {
            let fits = counts.iter().filter(|(own, standing, _)| pool.is_none_or(|pool| pool == *own) && wanted.contains(standing));
            fits.map(|(_, _, count)| count).sum()
        };
        let titles = [
            ("PENDING_JOBS", of(&[Standing::Pending, Standing::Queued])),
            ("RUNNING_JOBS", of(&[Standing::Running])),
            ("FAILED_JOBS", of(&[Standing::Failed])),
            ("KILLED_JOBS", of(&[Standing::Killed])),
            ("DONE_JOBS", of(&[Standing::Done])),
            ("TOTAL_JOBS", of(&Standing::ALL)),
        ];
        Ok((0_u64..).zip(titles).map(|(place, (title, value))| statistic(title, value, place)).collect())
    }
}

fn statistic(title: &str, value: i64, place: u64) -> Statistic {
    Statistic { title: title.to_owned(), stat_type: StatType::Number, value: value.to_string(), priority: Some(place) }
}

impl Backend for Facade {
    type Task = Task<Value>;
    type Error = BoardError;

    fn poll_ready(&mut self, _: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), BoardError>> {
        Poll::Pending
    }

    fn poll_next(&mut self, _: &mut Context<'_>, _: &WorkerContext) -> Poll<Option<Result<Self::Task, BoardError>>> {
        Poll::Pending
    }

    fn poll_close(&mut self, _: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), BoardError>> {
        Poll::Ready(Ok(()))
    }
}

impl BackendConfig for Facade {
    type Args = Value;
    type Id = Ulid;
    type Kind = Durable;
    type Config = ();
    type Layer = Identity;

    fn config(&self) -> &() {
        &()
    }

    fn middleware(&mut self, _: &mut WorkerContext) -> Identity {
        Identity::new()
    }
}

impl WireFormatBackend for Facade {
    type Codec = ArgumentsCodec;
    type Compact = Value;

    fn codec(&self) -> &ArgumentsCodec {
        &ArgumentsCodec
    }
}

impl Sink<Task<Value>> for Facade {
    type Error = BoardError;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), BoardError>> {
        Poll::Ready(Err(BoardError::ReadOnly))
    }

    fn start_send(self: Pin<&mut Self>, _: Task<Value>) -> Result<(), BoardError> {
        Err(BoardError::ReadOnly)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), BoardError>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), BoardError>> {
        Poll::Ready(Ok(()))
    }
}

impl ListTasks for Facade {
    async fn list_tasks(&self, filter: &Filter) -> Result<Vec<Task<Value>>, BoardError> {
        self.tasks(Some(self.pool), filter).await
    }
}

impl ListAllTasks for Facade {
    async fn list_all_tasks(&self, filter: &Filter) -> Result<Vec<Task<Value>>, BoardError> {
        self.tasks(None, filter).await
    }
}

impl FetchById for Facade {
    async fn fetch_by_id(&mut self, id: &TaskId) -> Result<Option<Task<Value>>, BoardError> {
        let Ok(key) = TaskKey::parse(&id.to_string()) else { return Ok(None) };
        let found = self.steps.one(key).await.map_err(BoardError::Ledger)?;
        found.map(|task| task.task().map_err(BoardError::Ledger)).transpose()
    }
}

impl Metrics for Facade {
    async fn global(&self) -> Result<Vec<Statistic>, BoardError> {
        self.statistics(None).await
    }

    async fn fetch_by_queue(&self) -> Result<Vec<Statistic>, BoardError> {
        self.statistics(Some(self.pool)).await
    }
}

impl ListQueues for Facade {
    async fn list_queues(&self) -> Result<Vec<QueueInfo>, BoardError> {
        let workers: Vec<_> = self.steps.workers().await.map_err(BoardError::Ledger)?.into_iter().map(|(name, _)| name).collect();
        let mut activity = self.steps.activity().await.map_err(BoardError::Ledger)?;
        let mut queues = Vec::new();
        for pool in Pool::ALL {
            let stats = self.statistics(Some(pool)).await?;
            queues.push(QueueInfo {
                name: pool.as_str().to_owned(),
                stats,
                workers: workers.clone(),
                activity: activity.remove(&pool).unwrap_or_default(),
            });
        }
        Ok(queues)
    }
}

impl ListWorkers for Facade {
    async fn list_workers(&self) -> Result<Vec<RunningWorker>, BoardError> {
        let workers = self.steps.workers().await.map_err(BoardError::Ledger)?;
        let running = |(id, started_at): (String, u64)| RunningWorker {
            id,
            queue: self.pool.as_str().to_owned(),
            backend: "ledger".to_owned(),
            started_at,
            last_heartbeat: started_at,
            layers: String::new(),
        };
        Ok(workers.into_iter().map(running).collect())
    }

    async fn list_all_workers(&self) -> Result<Vec<RunningWorker>, BoardError> {
        self.list_workers().await
    }
}
