//! How many connections one address may hold, so that no single one can take all of them: counted as they are made,
//! before anything is read of them. Behind a trusted proxy all connections are the proxy's; there the requests that its
//! clients have open are counted by the address that it names.

use std::{
    any::Any,
    collections::HashMap,
    net::{IpAddr, Shutdown},
    os::fd::AsFd as _,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::{
    Error, ResponseError as _,
    body::{BodySize, BoxBody, MessageBody},
    dev::{Extensions, ServiceRequest, ServiceResponse},
    middleware::Next,
    rt::net::TcpStream,
    web,
};
use bytes::Bytes;
use ferry_core::wire::ErrorCode;

use super::{Shared, session::client_address, status_codes::HttpError};
use crate::{auth::network_of, config::Network};

/// What each network holds open, an IPv6 host's /64 taken together.
pub(crate) struct Connections {
    most_per_address: usize,
    proxies: Vec<Network>,
    open: Mutex<HashMap<String, Open>>,
}

#[derive(Default)]
struct Open {
    count: usize,
    /// The log was told that it has all it may have.
    is_told: bool,
}

/// One of them, until it is dropped.
pub(crate) struct Held {
    of: Arc<Connections>,
    network: String,
}

impl Connections {
    pub(crate) fn new(most_per_address: usize, proxies: &[Network]) -> Arc<Self> {
        Arc::new(Connections {
            most_per_address,
            proxies: proxies.to_vec(),
            open: Mutex::default(),
        })
    }

    /// Counts a connection as it is made; one too many is closed, and the server finds it at its end.
    pub(crate) fn count(self: &Arc<Self>, stream: &dyn Any, connection: &mut Extensions) {
        let tls = stream.downcast_ref::<TlsStream<TcpStream>>();
        let plain = tls.map(|stream| stream.get_ref().0);
        let Some(socket) = plain.or_else(|| stream.downcast_ref()) else {
            return;
        };
        let Ok(peer) = socket.peer_addr() else {
            return;
        };
        if self.is_proxy(peer.ip()) {
            return;
        }
        match self.admit(peer.ip()) {
            Some(held) => {
                connection.insert(held);
            }
            None => close(socket),
        }
    }

    fn is_proxy(&self, address: IpAddr) -> bool {
        self.proxies.iter().any(|proxy| proxy.contains(address))
    }

    fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Held> {
        let network = network_of(address);
        let mut all = self.open();
        let open = all.entry(network.clone()).or_default();
        if open.count >= self.most_per_address {
            if !std::mem::replace(&mut open.is_told, true) {
                tracing::warn!(
                    %network,
                    most = self.most_per_address,
                    "an address has as many connections as it may; a proxy belongs into trusted_proxies"
                );
            }
            return None;
        }
        open.count += 1;
        Some(Held {
            of: Arc::clone(self),
            network,
        })
    }

    fn open(&self) -> MutexGuard<'_, HashMap<String, Open>> {
        // Nothing in here leaves a count half written.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut all = self.of.open();
        if let Some(open) = all.get_mut(&self.network) {
            open.count = open.count.saturating_sub(1);
            if open.count == 0 {
                all.remove(&self.network);
            }
        }
    }
}

/// The runtime owns the socket; closing both ways of its duplicate does so for both.
fn close(socket: &TcpStream) {
    let duplicate = socket.as_fd().try_clone_to_owned();
    let closed = duplicate.and_then(|fd| std::net::TcpStream::from(fd).shutdown(Shutdown::Both));
    if let Err(error) = closed {
        tracing::debug!(%error, "a connection too many was gone already");
    }
}

/// Counts what a trusted proxy passes on, by the address that it names, until the answer is out.
pub(super) async fn bound_behind_proxies(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let held = match of_a_proxys_client(&request) {
        Some((connections, client)) => match connections.admit(client) {
            Some(held) => Some(held),
            None => {
                let refusal = HttpError::detailed(
                    ErrorCode::Busy,
                    "this address has too many requests open at once",
                );
                return Ok(request.into_response(refusal.error_response()));
            }
        },
        None => None,
    };
    let response = next.call(request).await?;
    Ok(response.map_body(|_, body| match held {
        Some(held) => BoxBody::new(HoldingBody {
            body: body.boxed(),
            _held: held,
        }),
        None => body.boxed(),
    }))
}

fn of_a_proxys_client(request: &ServiceRequest) -> Option<(Arc<Connections>, IpAddr)> {
    let shared = request.app_data::<web::Data<Shared>>()?;
    let connections = &shared.connections;
    let peer = request.peer_addr()?.ip();
    let client = connections
        .is_proxy(peer)
        .then(|| client_address(request.request(), shared))?;
    // The proxy's own requests, such as those of its health checks, are not bounded.
    (!connections.is_proxy(client)).then(|| (Arc::clone(connections), client))
}

/// An answer that counts until its last byte.
struct HoldingBody {
    body: BoxBody,
    _held: Held,
}

impl MessageBody for HoldingBody {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_gets_so_many_and_others_theirs() {
        let connections = Connections::new(2, &[]);
        let admit = |address: &str| connections.admit(address.parse().unwrap());
        let held = [
            admit("192.0.2.1").unwrap(),
            admit("::ffff:192.0.2.1").unwrap(),
        ];
        assert!(admit("192.0.2.1").is_none());
        let of_one_host = [admit("2001:db8::1").unwrap(), admit("2001:db8::2").unwrap()];
        assert!(admit("2001:db8::3").is_none() && admit("2001:db8:0:1::3").is_some());
        drop(held);
        assert!(admit("192.0.2.1").is_some());
        drop(of_one_host);
        assert!(
            connections.open().is_empty(),
            "nothing is kept of who is gone"
        );
    }
}
