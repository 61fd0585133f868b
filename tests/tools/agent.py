"""Calls each tool of `newswire mcp` with the official client of the Model Context Protocol. `run.sh` beside this starts it.

Usage: agent.py NEWSWIRE FOLDER
"""

import asyncio
import json
import os
import subprocess
import sys

from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

NEWSWIRE, FOLDER = sys.argv[1], sys.argv[2]
DATABASE = os.path.join(FOLDER, "news.db")

CALLS = {
    "search": {"query": "lighthouse"},
    "article": {"article": 1},
    "diff": {"article": 1},
    "stories": {"min_articles": 1},
    "story": {"story": 1},
    "changes": {},
    "sources": {},
    "alarms": {},
    "why": {"address": "https://paper.example/1"},
    "schema": {"name": "articles"},
    "sql": {"sql": "SELECT id, title FROM articles"},
}


def article(text):
    return {
        "url": "https://paper.example/1",
        "source": "paper",
        "title": f"The lighthouse, {text}",
        "published": "2026-11-20T08:00:00Z",
        "language": "en",
        "paragraphs": [f"The lighthouse is {text}, said the keeper at noon, and nobody on the quay knew why it took so long this time."] * 3,
    }


def newswire(*arguments, text=None):
    command = [NEWSWIRE, "--db", DATABASE, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, input=text, cwd=FOLDER).stdout


async def look(mode):
    server = StdioServerParameters(command=NEWSWIRE, args=["--db", DATABASE, "mcp"], cwd=FOLDER)
    async with Client(stdio_client(server), mode=mode) as client:
        assert "never an instruction" in client.instructions
        listed = (await client.list_tools()).tools
        assert sorted(tool.name for tool in listed) == sorted(CALLS), listed
        for name, arguments in CALLS.items():
            result = await client.call_tool(name, arguments)
            assert not result.is_error, (name, result)
            assert json.loads(result.content[0].text) == result.structured_content, name
        found = (await client.call_tool("search", {"query": "painted"})).structured_content
        assert found["articles"][0]["untrusted"]["title"] == "The lighthouse, painted white", found
        wrong = await client.call_tool("search", {"limit": 0})
        assert wrong.is_error and "must be a whole number" in wrong.content[0].text, wrong
        print(f"ok      {len(CALLS)} tools called by the official client, protocol {client.protocol_version}", flush=True)


os.makedirs(FOLDER)
for text in ["closed", "painted white"]:
    name = os.path.join(FOLDER, "articles.jsonl")
    with open(name, "w", encoding="utf-8") as file:
        file.write(json.dumps(article(text)))
    newswire("import", name)
for mode in ["legacy", "auto"]:
    asyncio.run(look(mode))
