"""aiogram against the emulator: documents there and back, and its errors for the listed cases."""

import asyncio
import io
import json

import aiogram.methods
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import AiogramError, TelegramMigrateToChat, TelegramRetryAfter
from aiogram.types import BufferedInputFile

import listed


def bot_of(token):
    return Bot(token, session=AiohttpSession(api=TelegramAPIServer.from_base(listed.URL)))


async def there_and_back(tally):
    for size in listed.SIZES:
        names = listed.new_names()
        async with bot_of(names["token"]).context() as bot:
            data = listed.random_bytes(size)
            message = await bot.send_document(names["chat"], BufferedInputFile(data, "part.bin"))
            back = io.BytesIO()
            await bot.download(message.document.file_id, back)
        equal = listed.sha256(back.getvalue()) == listed.sha256(data)
        tally.check(f"{size} bytes there and back", None if equal else f"{len(back.getvalue())} other bytes")


def difference(error, expected):
    if isinstance(error, TelegramRetryAfter):
        wanted = expected["parameters"]["retry_after"]
        return None if error.retry_after == wanted else f"wait {error.retry_after}"
    if isinstance(error, TelegramMigrateToChat):
        wanted = expected["parameters"]["migrate_to_chat_id"]
        return None if error.migrate_to_chat_id == wanted else str(error)
    return None if expected["description"] in str(error) else f"{type(error).__name__}({error})"


def method_of(call, names):
    """Not validated: a listed case may lack what aiogram asks for."""
    params = {name: listed.fill(value, names) for name, value in call.get("params", {}).items()}
    if "file" in call:
        field, name, size = call["file"]
        params[field] = BufferedInputFile(bytes(size), name)
    kind = getattr(aiogram.methods, call["method"][0].upper() + call["method"][1:])
    return kind.model_construct(**params)


async def ask(case, names):
    async with bot_of(names["token"]).context() as bot:
        try:
            await bot(method_of(case["calls"][-1], names))
            return "it was not refused"
        except AiogramError as error:
            return difference(error, json.loads(listed.fill(case["body"], names)))


async def main():
    tally = listed.Tally("aiogram")
    await there_and_back(tally)
    asked = listed.cases()
    for case in asked:
        names = listed.new_names()
        listed.prepare(case.get("control", []), names)
        if "upload" in case:
            async with bot_of(names["token"]).context() as bot:
                chat = listed.fill(case["upload"].get("chat", "{chat}"), names)
                file = BufferedInputFile(bytes(case["upload"]["bytes"]), "part.bin")
                message = await bot.send_document(chat, file)
                names |= {"message_id": str(message.message_id), "file_id": message.document.file_id}
        listed.prepare(case.get("then", []), names)
        tally.check(case["name"], await ask(case, names))
        listed.reset()
    tally.end(len(asked))


asyncio.run(main())
