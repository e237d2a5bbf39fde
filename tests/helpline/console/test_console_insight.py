"""The insight page and its CSV files."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest
from console_server import Visit, console

from helpline.storage import review
from helpline.storage.database import open_engine


@pytest.mark.asyncio
async def test_everyone_of_the_staff_sees_charts_tables_and_files(tmp_path: Path) -> None:
    async with console(tmp_path) as running, Visit(running) as aude:
        await aude.sign_in("aude")
        page = (await aude.get("/insight")).page
        assert "Nothing in this time." in page
        engine = open_engine(running.settings.database_url)
        today = datetime.now(timezone.utc).date().isoformat()
        review.add_counts(engine, {(today, "messages", "web"): 3, (today, "topics", "faq/medicaid"): 2})
        page = (await aude.get("/insight?days=7")).page
        assert page.count('<svg class="chart"') >= 2
        assert "&lt;svg" not in page
        assert 'href="/insight/topics.csv?days=7"' in page
        answer = await aude.get("/insight/topics.csv?days=7")
        assert answer.page.splitlines()[0] == "Topic,Messages"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="topics.csv"'
        assert (await aude.get("/insight/nothing.csv")).status == 404
        assert (await aude.get("/insight?days=odd")).status == 200
