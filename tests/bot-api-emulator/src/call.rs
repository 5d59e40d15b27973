//! A call of the Bot API from its head to its reply: faults, body, token, limits, and then its method.

use std::{net::IpAddr, sync::Arc};

use hyper::{Request, Response, body::Incoming as Body, header, http::request::Parts};

use crate::{
    calls::Call,
    faults::{Fault, Phase, Target},
    intake::{self, Intake, Reader, Unread},
    limits::{Exceeded, OWN_LIMIT_WAIT_SECS},
    machine::Machine,
    methods::{self, Caller, Method},
    refusal::{self, Refusal},
    reply::{Done, End, Reply, ReplyBody},
    world::{BotId, BotState, ChatId},
};

/// A chunked body without a length is cut here.
const CUT_OF_CHUNKED_BYTES: u64 = 64 * 1024;
const LONGEST_TOKEN: usize = 80;
const LEAST_UPLOAD_BYTES: u64 = 64 * 1024;

/// Answers `/bot<rest>`, and remembers that it did.
pub(crate) async fn answer(
    machine: &Arc<Machine>,
    peer: IpAddr,
    request: Request<Body>,
    rest: &str,
) -> Result<Response<ReplyBody>, End> {
    let (head, body) = request.into_parts();
    let mut reader = Reader::new(body, machine.largest_body_bytes);
    let Some((token, method)) = rest.split_once('/') else {
        reader.drain().await;
        return Reply::Refused(refusal::NOT_FOUND).into_response();
    };
    let mut call = Running {
        machine,
        head,
        peer,
        token,
        method: method.to_ascii_lowercase(),
        bot: machine.world().state.bot_by_token(token).map(|bot| bot.id),
        chat: None,
        bytes: 0,
    };
    let reply = match call.run(&mut reader).await {
        Ok(reply) => reply,
        Err(refusal) => Reply::Refused(refusal),
    };
    let remembered = Call {
        at: machine.clock.now(),
        bot: call.bot,
        method: call.method,
        chat: call.chat,
        bytes: call.bytes,
        status: reply.status(),
        outcome: reply.outcome(),
    };
    machine.memory().add(remembered);
    reply.into_response()
}

/// A call under way and what is known of it.
struct Running<'a> {
    machine: &'a Machine,
    head: Parts,
    peer: IpAddr,
    token: &'a str,
    method: String,
    bot: Option<BotId>,
    chat: Option<ChatId>,
    bytes: u64,
}

impl Running<'_> {
    async fn run(&mut self, reader: &mut Reader) -> Result<Reply, Refusal> {
        if let Some(end) = self.head_fault(reader) {
            return Ok(Reply::End(end));
        }
        let upload = ActiveUpload::begin(self.machine, self.bot, self.upload_bytes());
        let intake = match self.read(reader).await {
            Ok(intake) => intake,
            Err(reply) => return Ok(reply),
        };
        self.chat = intake.params.text("chat_id").parse().ok();
        self.bytes = intake.bytes();
        let caller = self.authorise()?;
        if let Some(exceeded) = upload.exceeded {
            self.refuse_by_own_limit(exceeded).await?;
        }
        drop(upload);
        let fault = self.machine.pick_fault(Phase::Call, self.target());
        if let Some(fault) = &fault
            && let Some(reply) = self.instead(fault).await
        {
            return Ok(reply);
        }
        let method = Method::parse(&self.method).ok_or(refusal::METHOD_NOT_FOUND)?;
        self.pace().await?;
        let done = methods::carry_out(self.machine, method, caller, intake).await?;
        Ok(match fault {
            Some(fault) => afterwards(&fault, done),
            None => Reply::Done(done),
        })
    }

    fn target(&self) -> Target<'_> {
        Target {
            bot: self.bot,
            chat: self.chat,
            method: &self.method,
        }
    }

    fn length(&self) -> Option<u64> {
        let length = self.head.headers.get(header::CONTENT_LENGTH)?;
        length.to_str().ok()?.parse().ok()
    }

    /// The length of a body that could hold a file of note; 0 when it does not say it.
    fn upload_bytes(&self) -> Option<u64> {
        let chunked = self.head.headers.contains_key(header::TRANSFER_ENCODING);
        match self.length() {
            Some(length) => (length > LEAST_UPLOAD_BYTES).then_some(length),
            None => chunked.then_some(0),
        }
    }

    /// Faults that need no body.
    fn head_fault(&mut self, reader: &mut Reader) -> Option<End> {
        let query = self.head.uri.query().unwrap_or_default();
        let mut of_query = crate::params::Params::default();
        of_query.add_encoded(query.as_bytes());
        self.chat = of_query.text("chat_id").parse().ok();
        match self.machine.pick_fault(Phase::Head, self.target())? {
            Fault::ResetBeforeBody => Some(End::Reset),
            Fault::ResetMidBody => {
                let half = self
                    .length()
                    .map_or(CUT_OF_CHUNKED_BYTES, |whole| whole / 2);
                reader.cut_after = Some(half.max(1));
                None
            }
            Fault::SlowBody { bytes_per_sec } => {
                reader.bytes_per_sec = Some(bytes_per_sec);
                None
            }
            _ => None,
        }
    }

    /// The body; or the reply to one that can't be taken, when its sender was heard out.
    async fn read(&self, reader: &mut Reader) -> Result<Intake, Reply> {
        let too_large = self
            .length()
            .is_some_and(|length| length > self.machine.largest_body_bytes);
        let read = if too_large {
            Err(Unread::TooLarge)
        } else {
            intake::read(&self.head, reader, &self.machine.incoming).await
        };
        match read {
            Ok(intake) => Ok(intake),
            Err(Unread::Cut) => Err(Reply::End(End::Reset)),
            Err(Unread::Gone) => Err(Reply::End(End::Close)),
            Err(Unread::TooLarge) => {
                reader.drain().await;
                Err(Reply::RefusedClosing(refusal::TOO_LARGE))
            }
            Err(Unread::Unparsable(status)) => {
                reader.drain().await;
                Err(Reply::Empty(status))
            }
            Err(Unread::Io(error)) => {
                reader.drain().await;
                Err(Reply::Refused(broken(&error)))
            }
        }
    }

    /// Whose call it is. As `ClientManager::send` of tdlib/telegram-bot-api checks it.
    fn authorise(&self) -> Result<Caller, Refusal> {
        if !is_well_formed(self.token) {
            return Err(refusal::INVALID_TOKEN);
        }
        let since = self.machine.book().client_since(self.token);
        if since.is_none() && self.method == "close" {
            return Err(refusal::ALREADY_CLOSED);
        }
        self.machine.meet(self.peer, self.token)?;
        let now = self.machine.clock.now();
        let world = self.machine.world();
        let bot = world
            .state
            .bot_by_token(self.token)
            .ok_or(refusal::UNAUTHORIZED)?;
        match bot.state {
            BotState::Revoked => Err(refusal::UNAUTHORIZED),
            BotState::LoggedOut(until) if now < until => Err(refusal::LOGGED_OUT),
            BotState::LoggedOut(_) | BotState::Live => Ok(Caller {
                bot: bot.clone(),
                since: since.unwrap_or(now),
            }),
        }
    }

    /// The server's own limits let a client wait before they refuse.
    async fn refuse_by_own_limit(&self, exceeded: Exceeded) -> Result<(), Refusal> {
        match self.machine.violate(exceeded, self.bot, self.chat) {
            Some(refusal) => {
                self.machine.clock.wait(OWN_LIMIT_WAIT_SECS).await;
                Err(refusal)
            }
            None => Ok(()),
        }
    }

    async fn pace(&self) -> Result<(), Refusal> {
        let Some(bot) = self.bot else {
            return Ok(());
        };
        let limits = self.machine.limits().clone();
        let now = self.machine.clock.now();
        let paced = self.machine.book().pace(&limits, bot, self.bytes, now);
        match paced {
            Ok(wait_secs) => {
                self.machine.clock.wait(wait_secs).await;
                Ok(())
            }
            Err(exceeded) => self.refuse_by_own_limit(exceeded).await,
        }
    }

    /// What a fault answers in place of carrying the call out.
    async fn instead(&self, fault: &Fault) -> Option<Reply> {
        let refusal = match fault {
            Fault::Flood { retry_after } => {
                if let (Some(bot), Some(chat)) = (self.bot, self.chat) {
                    let now = self.machine.clock.now();
                    let mut book = self.machine.book();
                    book.cool(bot, Some(chat), *retry_after, now);
                }
                Refusal::flood(*retry_after)
            }
            Fault::Hang { secs } => {
                self.machine.hang(*secs).await;
                return None;
            }
            Fault::BadGatewayHtml => return Some(Reply::BadGatewayHtml),
            Fault::Restart500 => refusal::RESTARTING,
            Fault::BadGatewayJson => refusal::BAD_GATEWAY,
            Fault::Unavailable => refusal::FILE_UNAVAILABLE,
            Fault::Refuse { code, description } => Refusal::new(*code, description.as_str()),
            _ => return None,
        };
        Some(Reply::Refused(refusal))
    }
}

/// What becomes of the reply of a call that was carried out.
fn afterwards(fault: &Fault, done: Done) -> Reply {
    match fault {
        Fault::ResetAfterStore => Reply::End(End::Reset),
        Fault::EmptyReply => Reply::End(End::Close),
        Fault::HalfReply => Reply::Half(done),
        Fault::BadGatewayAfterStore => Reply::Refused(refusal::BAD_GATEWAY),
        _ => Reply::Done(done),
    }
}

/// `<number>:<anything>`, as the real server takes it.
fn is_well_formed(token: &str) -> bool {
    let id = token
        .split_once(':')
        .and_then(|(id, _)| id.parse::<i64>().ok());
    let in_range = id.is_some_and(|id| id > 0 && id < 1 << 54);
    in_range && !token.starts_with('0') && token.len() <= LONGEST_TOKEN
}

/// The emulator itself failed: said as loudly as the API allows.
pub(crate) fn broken(error: &std::io::Error) -> Refusal {
    Refusal::new(
        500,
        format!("Internal Server Error: the emulator failed: {error}"),
    )
}

/// An upload that counts as active while this lives.
struct ActiveUpload<'a> {
    machine: &'a Machine,
    bot: Option<BotId>,
    bytes: u64,
    exceeded: Option<Exceeded>,
}

impl ActiveUpload<'_> {
    fn begin(machine: &Machine, bot: Option<BotId>, bytes: Option<u64>) -> ActiveUpload<'_> {
        let bot = bot.filter(|_| bytes.is_some());
        let bytes = bytes.unwrap_or(0);
        let limits = machine.limits().clone();
        let begun = bot.map(|bot| machine.book().begin_upload(&limits, bot, bytes));
        ActiveUpload {
            machine,
            bot,
            bytes,
            exceeded: begun.and_then(Result::err),
        }
    }
}

impl Drop for ActiveUpload<'_> {
    fn drop(&mut self) {
        if let Some(bot) = self.bot {
            self.machine.book().end_upload(bot, self.bytes);
        }
    }
}
