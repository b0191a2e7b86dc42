//! Ballista: the same SQL, spread over executors that each go out by outbound's policy.
//!
//! One program in three parts, all on loopback:
//! `cluster scheduler PORT`, `cluster executor ID SCHEDULER PORT GRPC_PORT FOLDER` and
//! `cluster sql SCHEDULER FILE…`. Each reads the settings for itself (docs/engines.md): the client to
//! learn the tables' columns, the scheduler to find their files, the executors to read them.

use std::path::Path;
use std::sync::Arc;

use ballista::prelude::{SessionConfigExt as _, SessionContextExt as _};
use ballista_core::utils::default_session_builder;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::{SchedulerConfig, TaskDistributionPolicy};
use ballista_scheduler::scheduler_process::start_server;
use datafusion::execution::SessionStateBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use outbound_example_engines::stores::Stores;
use outbound_example_engines::{Error, end, statements};

const LOOPBACK: &str = "127.0.0.1";

#[tokio::main]
async fn main() {
    if log::set_logger(&Troubles).is_ok() {
        log::set_max_level(log::LevelFilter::Warn);
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    end(match arguments[..] {
        ["scheduler", port] => scheduler(port).await,
        ["executor", id, scheduler, port, grpc, folder] => {
            executor(id, scheduler, [port, grpc], folder).await
        }
        ["sql", scheduler, ref files @ ..] => sql(scheduler, files).await,
        _ => Err("scheduler, executor or sql, with their ports".into()),
    });
}

async fn scheduler(port: &str) -> Result<(), Error> {
    let stores = Stores::load()?;
    let session = move |config: SessionConfig| {
        let state = default_session_builder(config)?;
        let builder = SessionStateBuilder::new_from_existing(state);
        Ok(builder.with_runtime_env(stores.runtime(None)?).build())
    };
    // Both executors get their share; by default one is filled before the next.
    let config = SchedulerConfig::default()
        .with_task_distribution(TaskDistributionPolicy::RoundRobin)
        .with_hostname(LOOPBACK)
        .with_port(port.parse()?)
        .with_override_session_builder(Arc::new(session));
    let cluster = BallistaCluster::new_from_config(&config).await?;
    let address = format!("{LOOPBACK}:{port}").parse()?;
    start_server(cluster, address, Arc::new(config)).await?;
    Ok(())
}

async fn executor(id: &str, scheduler: &str, ports: [&str; 2], folder: &str) -> Result<(), Error> {
    let (stores, scratch) = (Stores::load()?, folder.to_owned());
    let config = ExecutorProcessConfig {
        executor_id: id.to_owned(),
        external_host: Some(LOOPBACK.to_owned()),
        port: ports[0].parse()?,
        grpc_port: ports[1].parse()?,
        scheduler_host: LOOPBACK.to_owned(),
        scheduler_port: scheduler.parse()?,
        vcores: 2,
        work_dir: Some(folder.to_owned()),
        override_runtime_producer: Some(Arc::new(move |_| stores.runtime(Some(&scratch)))),
        ..ExecutorProcessConfig::default()
    };
    start_executor_process(Arc::new(config)).await?;
    Ok(())
}

async fn sql(scheduler: &str, files: &[&str]) -> Result<(), Error> {
    let state = SessionStateBuilder::new()
        .with_default_features()
        .with_config(SessionConfig::new_with_ballista().with_target_partitions(4))
        .with_runtime_env(Stores::load()?.runtime(None)?)
        .build();
    let url = format!("df://{LOOPBACK}:{scheduler}");
    let context = SessionContext::remote_with_state(&url, state).await?;
    for file in files {
        statements::run(&context, Path::new(file)).await?;
    }
    Ok(())
}

/// What the engine complains of, on standard error.
struct Troubles;

impl log::Log for Troubles {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            eprintln!("{}: {}", record.level(), record.args());
        }
    }

    fn flush(&self) {}
}
