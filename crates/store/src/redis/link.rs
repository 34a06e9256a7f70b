//! The connection to the server: made when it is needed, made anew when it is gone.

use std::time::{Duration, Instant};

use ::redis::aio::MultiplexedConnection;
use ::redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, FromRedisValue, RedisError, ScriptInvocation,
    ServerErrorKind,
};
use tokio::sync::Mutex;

use crate::StoreError;

/// A connection that was not used for so long is tried before it is relied on: what was sent over one
/// that is gone may have been done or not, so it cannot be sent again.
const IDLE: Duration = Duration::from_secs(1);

/// How a server is reached.
pub(super) struct Link {
    client: Client,
    timeout: Duration,
    open: Mutex<Option<Open>>,
}

struct Open {
    connection: MultiplexedConnection,
    used: Instant,
}

impl Link {
    /// # Errors
    /// [`StoreError::Address`], without the address: it may hold a password.
    pub(super) fn new(url: &str, timeout: Duration) -> Result<Self, StoreError> {
        let client = Client::open(url).map_err(|_| {
            let form = "redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE], or rediss:// for TLS";
            StoreError::Address(format!("the address of a Redis server has the form {form}"))
        })?;
        Ok(Self { client, timeout, open: Mutex::default() })
    }

    /// Runs a script.
    pub(super) async fn run<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, StoreError> {
        self.within(async {
            let mut connection = self.connection().await?;
            script.invoke_async(&mut connection).await
        })
        .await
    }

    /// Runs a command.
    pub(super) async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        self.within(async {
            let mut connection = self.connection().await?;
            command.query_async(&mut connection).await
        })
        .await
    }

    async fn within<T>(
        &self,
        operation: impl Future<Output = Result<T, RedisError>>,
    ) -> Result<T, StoreError> {
        let Ok(result) = tokio::time::timeout(self.timeout, operation).await else {
            self.forget().await;
            return Err(StoreError::Unavailable("no answer in time".to_owned()));
        };
        match result {
            Err(error) if is_lasting(&error) => Err(StoreError::Refused(error.to_string())),
            Err(error) => {
                self.forget().await;
                Err(StoreError::Unavailable(error.to_string()))
            }
            Ok(value) => Ok(value),
        }
    }

    async fn connection(&self) -> Result<MultiplexedConnection, RedisError> {
        let mut open = self.open.lock().await;
        if let Some(Open { connection, used }) = open.as_mut() {
            let is_there = used.elapsed() < IDLE || ping(connection).await;
            if is_there {
                *used = Instant::now();
                return Ok(connection.clone());
            }
        }
        // Not left half open, should this be given up meanwhile.
        *open = None;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.timeout))
            .set_response_timeout(Some(self.timeout));
        let connection = self.client.get_multiplexed_async_connection_with_config(&config).await?;
        *open = Some(Open { connection: connection.clone(), used: Instant::now() });
        Ok(connection)
    }

    /// Lets go of a connection that is of no use any more. One that is just being made is not.
    async fn forget(&self) {
        if let Ok(mut open) = self.open.try_lock() {
            *open = None;
        }
    }
}

async fn ping(connection: &mut MultiplexedConnection) -> bool {
    ::redis::cmd("PING").query_async::<String>(connection).await.is_ok()
}

/// Whether the server is there and will say the same again.
fn is_lasting(error: &RedisError) -> bool {
    use ServerErrorKind::{BusyLoading, ClusterDown, MasterDown, ReadOnly, TryAgain};
    match error.kind() {
        ErrorKind::Io | ErrorKind::Parse => false,
        ErrorKind::Server(kind) => {
            !matches!(kind, BusyLoading | ClusterDown | MasterDown | ReadOnly | TryAgain)
        }
        _ => true,
    }
}
