//! Connections: accepted, served by hyper, and ended in ways that hyper does not know. Which call is which is decided here.

use std::{
    convert::Infallible,
    io,
    net::IpAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use hyper::{Request, Response, body::Incoming as Body, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

use crate::{
    call, control, download,
    machine::Machine,
    refusal,
    reply::{End, Reply, ReplyBody},
};

/// Most that is read of a socket at once.
pub(crate) const READ_BYTES: usize = 512 * 1024;

/// Serves until it is dropped; connections end with it.
pub(crate) async fn serve(listener: TcpListener, machine: Arc<Machine>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(connection(stream, peer.ip(), Arc::clone(&machine)));
                }
                // Out of descriptors: others have to end first.
                Err(_) => tokio::task::yield_now().await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, peer: IpAddr, machine: Arc<Machine>) {
    // Small answers are not to wait for more; without it they are only slower.
    let _ = stream.set_nodelay(true);
    let line = Arc::new(Line::default());
    let socket = Socket {
        stream,
        line: Arc::clone(&line),
    };
    let service = service_fn(|request| {
        let (machine, line) = (Arc::clone(&machine), Arc::clone(&line));
        async move { Ok::<_, Infallible>(respond(&machine, &line, peer, request).await) }
    });
    let served = http1::Builder::new()
        .max_buf_size(READ_BYTES)
        .serve_connection(TokioIo::new(socket), service);
    tokio::select! {
        // A client that goes away is no fault of ours.
        _ = served => {}
        () = line.ended() => {}
    }
}

/// Answers, or ends the connection and never returns.
async fn respond(
    machine: &Arc<Machine>,
    line: &Arc<Line>,
    peer: IpAddr,
    request: Request<Body>,
) -> Response<ReplyBody> {
    let path = percent_encoding::percent_decode_str(request.uri().path());
    let path = path.decode_utf8_lossy().into_owned();
    let response = if let Some(rest) = path.strip_prefix("/control/") {
        Ok(control::http::answer(machine, rest, request).await)
    } else if let Some(rest) = path.strip_prefix("/file/bot") {
        download::answer(machine, line, request, rest).await
    } else if let Some(rest) = path.strip_prefix("/bot") {
        call::answer(machine, peer, request, rest).await
    } else {
        Reply::Refused(refusal::NOT_FOUND).into_response()
    };
    match response {
        Ok(response) => response,
        Err(end) => {
            line.end(end);
            std::future::pending().await
        }
    }
}

/// A connection's other side of control: ends it from within.
#[derive(Default)]
pub(crate) struct Line {
    end: Mutex<Option<End>>,
    ended: Notify,
}

impl Line {
    pub(crate) fn end(&self, end: End) {
        *self.end.lock().unwrap_or_else(PoisonError::into_inner) = Some(end);
        self.ended.notify_one();
    }

    async fn ended(&self) {
        self.ended.notified().await;
    }

    fn is_reset(&self) -> bool {
        *self.end.lock().unwrap_or_else(PoisonError::into_inner) == Some(End::Reset)
    }
}

/// A stream that is reset when its line says so.
struct Socket {
    stream: TcpStream,
    line: Arc<Line>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.line.is_reset() {
            // Then it is only closed; the client sees an end either way.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, buffer)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
