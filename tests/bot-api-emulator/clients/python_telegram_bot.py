"""python-telegram-bot against the emulator: documents there and back, and its errors for the listed cases."""

import asyncio
import json
import warnings

import telegram
from telegram import InputFile
from telegram.error import ChatMigrated, InvalidToken, RetryAfter, TelegramError

import listed

# It is asked for the raw methods on purpose.
warnings.simplefilter("ignore")


def bot_of(token):
    return telegram.Bot(token, base_url=f"{listed.URL}/bot", base_file_url=f"{listed.URL}/file/bot")


async def there_and_back(tally):
    for size in listed.SIZES:
        names = listed.new_names()
        async with bot_of(names["token"]) as bot:
            data = listed.random_bytes(size)
            message = await bot.send_document(names["chat"], data, filename="part.bin", read_timeout=60)
            file = await bot.get_file(message.document.file_id)
            back = bytes(await file.download_as_bytearray())
        equal = listed.sha256(back) == listed.sha256(data)
        tally.check(f"{size} bytes there and back", None if equal else f"{len(back)} other bytes")


def difference(error, expected):
    if isinstance(error, RetryAfter):
        asked = error.retry_after
        seconds = asked.total_seconds() if hasattr(asked, "total_seconds") else asked
        return None if seconds == expected["parameters"]["retry_after"] else f"wait {seconds}"
    if isinstance(error, ChatMigrated):
        return None if error.new_chat_id == expected["parameters"]["migrate_to_chat_id"] else str(error)
    if isinstance(error, InvalidToken):
        return None if expected["error_code"] in (401, 404) else str(error)
    wanted = expected["description"].removeprefix("Bad Request: ").lower()
    return None if wanted in str(error).lower() else f"{type(error).__name__}({error})"


async def ask(case, names):
    call = case["calls"][-1]
    params = {name: listed.fill(value, names) for name, value in call.get("params", {}).items()}
    bot = bot_of(names["token"])
    if "file" in call:
        field, name, size = call["file"]
        params[field] = InputFile(bytes(size), filename=name)
    try:
        await bot.do_api_request(call["method"], api_kwargs=params)
        return "it was not refused"
    except TelegramError as error:
        return difference(error, json.loads(listed.fill(case["body"], names)))


async def main():
    tally = listed.Tally("python-telegram-bot")
    await there_and_back(tally)
    asked = listed.cases()
    for case in asked:
        names = listed.new_names()
        listed.prepare(case.get("control", []), names)
        if "upload" in case:
            async with bot_of(names["token"]) as bot:
                chat = listed.fill(case["upload"].get("chat", "{chat}"), names)
                message = await bot.send_document(chat, bytes(case["upload"]["bytes"]), filename="part.bin")
                names |= {"message_id": str(message.message_id), "file_id": message.document.file_id}
        listed.prepare(case.get("then", []), names)
        tally.check(case["name"], await ask(case, names))
        listed.reset()
    tally.end(len(asked))


asyncio.run(main())
