DROP TABLE bot_sends;
DROP TABLE bot_chats;
DROP TABLE telegram_chats;
DROP TABLE bots;
