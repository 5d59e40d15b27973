//! Objects of the Bot API, their fields in the order in which the real server writes them.

use serde::Serialize;

use crate::world::{
    Bot, Chat, ChatKind, FileIds, Membership, Message, State, StoredFile, unique_id,
};

#[derive(Serialize)]
pub(crate) struct User<'a> {
    id: i64,
    is_bot: bool,
    first_name: &'a str,
    username: &'a str,
}

impl<'a> User<'a> {
    pub(crate) fn of(bot: &'a Bot) -> User<'a> {
        User {
            id: bot.id,
            is_bot: true,
            first_name: &bot.name,
            username: &bot.username,
        }
    }
}

/// What getMe tells.
#[derive(Serialize)]
pub(crate) struct FullBot<'a> {
    #[serde(flatten)]
    user: User<'a>,
    can_join_groups: bool,
    can_read_all_group_messages: bool,
    supports_inline_queries: bool,
    supports_guest_queries: bool,
    can_connect_to_business: bool,
    has_main_web_app: bool,
    has_topics_enabled: bool,
    allows_users_to_create_topics: bool,
    can_manage_bots: bool,
}

impl<'a> FullBot<'a> {
    pub(crate) fn of(bot: &'a Bot) -> FullBot<'a> {
        FullBot {
            user: User::of(bot),
            can_join_groups: true,
            can_read_all_group_messages: false,
            supports_inline_queries: false,
            supports_guest_queries: false,
            can_connect_to_business: false,
            has_main_web_app: false,
            has_topics_enabled: false,
            allows_users_to_create_topics: false,
            can_manage_bots: false,
        }
    }
}

#[derive(Clone, Serialize)]
struct GiftTypes {
    unlimited_gifts: bool,
    limited_gifts: bool,
    unique_gifts: bool,
    premium_subscription: bool,
    gifts_from_channels: bool,
}

const NO_GIFTS: GiftTypes = GiftTypes {
    unlimited_gifts: false,
    limited_gifts: false,
    unique_gifts: false,
    premium_subscription: false,
    gifts_from_channels: false,
};

#[derive(Clone, Serialize)]
pub(crate) struct ChatShape<'a> {
    id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    all_members_are_administrators: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted_gift_types: Option<GiftTypes>,
}

impl<'a> ChatShape<'a> {
    pub(crate) fn of(chat: &'a Chat) -> ChatShape<'a> {
        let private = chat.kind == ChatKind::Private;
        let group = chat.kind == ChatKind::Group;
        ChatShape {
            id: chat.id,
            first_name: private.then_some(chat.title.as_str()),
            title: (!private).then_some(chat.title.as_str()),
            kind: chat.kind.word(),
            all_members_are_administrators: group.then_some(false),
            accepted_gift_types: group.then_some(NO_GIFTS),
        }
    }
}

/// What getChat tells.
#[derive(Serialize)]
pub(crate) struct FullChat<'a> {
    #[serde(flatten)]
    chat: ChatShape<'a>,
    max_reaction_count: u32,
    accent_color_id: u32,
}

impl<'a> FullChat<'a> {
    pub(crate) fn of(chat: &'a Chat) -> FullChat<'a> {
        let mut shape = ChatShape::of(chat);
        shape.accepted_gift_types = Some(NO_GIFTS);
        FullChat {
            chat: shape,
            max_reaction_count: 11,
            accent_color_id: 0,
        }
    }
}

#[derive(Serialize)]
pub(crate) struct FileShape {
    file_id: String,
    file_unique_id: String,
    #[serde(skip_serializing_if = "is_zero")]
    file_size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_path: Option<String>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl FileShape {
    /// As `bot` sees it, with a file id of its own.
    pub(crate) fn of(
        state: &State,
        bot: i64,
        file: &StoredFile,
        path: Option<String>,
    ) -> FileShape {
        let ids = FileIds {
            secret: &state.secret,
        };
        FileShape {
            file_id: ids.issue(bot, file.key),
            file_unique_id: unique_id(&state.secret, file.key),
            file_size: file.size,
            file_path: path,
        }
    }
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    file_name: &'a str,
    mime_type: &'static str,
    #[serde(flatten)]
    file: FileShape,
}

#[derive(Serialize)]
struct OriginShape<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender_user: Option<User<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chat: Option<ChatShape<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<i64>,
    date: i64,
}

#[derive(Serialize)]
pub(crate) struct MessageShape<'a> {
    message_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<User<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender_chat: Option<ChatShape<'a>>,
    chat: ChatShape<'a>,
    date: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    forward_origin: Option<OriginShape<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forward_from: Option<User<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forward_from_chat: Option<ChatShape<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forward_from_message_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forward_date: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Document<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    caption: Option<&'a str>,
}

impl<'a> MessageShape<'a> {
    /// As `viewer` sees it.
    pub(crate) fn of(
        state: &'a State,
        viewer: i64,
        chat: &'a Chat,
        message: &'a Message,
    ) -> MessageShape<'a> {
        let channel = chat.kind == ChatKind::Channel;
        let author = message.bot.and_then(|bot| state.bots.get(&bot));
        let file = message.file.and_then(|key| state.files.get(&key));
        let origin = message.origin.filter(|origin| origin.shown);
        let source = origin.and_then(|origin| state.chats.get(&origin.chat));
        let source = source.filter(|chat| chat.kind == ChatKind::Channel);
        let writer = origin
            .filter(|_| source.is_none())
            .and_then(|origin| state.bots.get(&origin.bot?));
        let id_there = origin
            .filter(|_| source.is_some())
            .map(|origin| origin.message_id);
        MessageShape {
            message_id: message.id,
            from: author.filter(|_| !channel).map(User::of),
            sender_chat: channel.then(|| ChatShape::of(chat)),
            chat: ChatShape::of(chat),
            date: message.date,
            forward_origin: origin.map(|origin| OriginShape {
                kind: if source.is_some() { "channel" } else { "user" },
                sender_user: writer.map(User::of),
                chat: source.map(ChatShape::of),
                message_id: id_there,
                date: origin.date,
            }),
            forward_from: writer.map(User::of),
            forward_from_chat: source.map(ChatShape::of),
            forward_from_message_id: id_there,
            forward_date: origin.map(|origin| origin.date),
            document: file.map(|file| Document {
                file_name: &file.name,
                mime_type: mime_type(&file.name),
                file: FileShape::of(state, viewer, file, None),
            }),
            caption: message.caption.as_deref(),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct Member<'a> {
    user: User<'a>,
    status: &'static str,
    #[serde(flatten)]
    rights: Option<Rights>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until_date: Option<i64>,
}

#[derive(Serialize)]
struct Rights {
    can_be_edited: bool,
    can_manage_chat: bool,
    can_change_info: bool,
    can_post_messages: bool,
    can_edit_messages: bool,
    can_delete_messages: bool,
    can_invite_users: bool,
    can_restrict_members: bool,
    can_promote_members: bool,
    can_manage_video_chats: bool,
    can_post_stories: bool,
    can_edit_stories: bool,
    can_delete_stories: bool,
    is_anonymous: bool,
}

impl<'a> Member<'a> {
    pub(crate) fn of(bot: &'a Bot, membership: Option<Membership>) -> Member<'a> {
        let (status, rights, until_date) = match membership {
            Some(Membership::Administrator {
                can_post_messages,
                can_delete_messages,
            }) => (
                "administrator",
                Some(Rights::of(can_post_messages, can_delete_messages)),
                None,
            ),
            Some(Membership::Member | Membership::Restricted) => ("member", None, None),
            Some(Membership::Kicked) => ("kicked", None, Some(0)),
            Some(Membership::Left) | None => ("left", None, None),
        };
        Member {
            user: User::of(bot),
            status,
            rights,
            until_date,
        }
    }
}

impl Rights {
    fn of(can_post_messages: bool, can_delete_messages: bool) -> Rights {
        Rights {
            can_be_edited: false,
            can_manage_chat: true,
            can_change_info: false,
            can_post_messages,
            can_edit_messages: can_post_messages,
            can_delete_messages,
            can_invite_users: false,
            can_restrict_members: false,
            can_promote_members: false,
            can_manage_video_chats: false,
            can_post_stories: false,
            can_edit_stories: false,
            can_delete_stories: false,
            is_anonymous: false,
        }
    }
}

/// By the name's ending, as Telegram tells it.
fn mime_type(name: &str) -> &'static str {
    match crate::world::extension(name).to_ascii_lowercase().as_str() {
        ".txt" => "text/plain",
        ".json" => "application/json",
        ".pdf" => "application/pdf",
        ".zip" => "application/zip",
        ".png" => "image/png",
        ".jpg" | ".jpeg" => "image/jpeg",
        _ => "application/octet-stream",
    }
}
