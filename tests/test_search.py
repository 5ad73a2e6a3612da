"""`POST /file/search`: passages without a model, the same on every database, in every script."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ai_llm_service.domain import Extraction, Section, SectionKind
from ai_llm_service.providers.hashed import Hashed
from ai_llm_service.search.library import SqlLibrary
from ai_llm_service.search.split import split_text
from ai_llm_service.usecases.embedding import Embedder
from tests.conftest import new_postgres_database
from tests.in_process import Api, serving

TEXTS = {
    "hindi.txt": "कुएँ की गहराई इकतीस मीटर है।\n\nपंप लाल रंग का है।\n\nबगीचे में तीन पेड़ हैं।",
    "bengali.txt": "কূপের গভীরতা একত্রিশ মিটার।\n\nপাম্পের রং লাল।\n\nবাগানে তিনটি গাছ আছে।",
    "tamil.txt": "கிணற்றின் ஆழம் முப்பத்தொரு மீட்டர்.\n\nபம்பின் நிறம் சிவப்பு.\n\nதோட்டத்தில் மூன்று மரங்கள் உள்ளன.",
    "telugu.txt": "బావి లోతు ముప్పై ఒక్క మీటర్లు.\n\nపంపు రంగు ఎరుపు.\n\nతోటలో మూడు చెట్లు ఉన్నాయి.",
    "arabic.txt": "عمق البئر واحد وثلاثون مترا.\n\nلون المضخة أحمر.\n\nفي الحديقة ثلاث أشجار.",
    "thai.txt": "บ่อน้ำลึกสามสิบเอ็ดเมตร\n\nปั๊มมีสีแดง\n\nในสวนมีต้นไม้สามต้น",
    "chinese.txt": "水井深三十一米。\n\n水泵是红色的。\n\n花园里有三棵树。",
    "english.txt": "The well is 31 metres deep.\n\nThe pump is red.\n\nThree trees stand outside.",
}  # fmt: skip
QUESTIONS = {
    "hindi.txt": "पंप का रंग क्या है?",
    "bengali.txt": "পাম্পের রং কী?",
    "tamil.txt": "பம்பின் நிறம் என்ன?",
    "telugu.txt": "పంపు రంగు ఏమిటి?",
    "arabic.txt": "ما لون المضخة؟",
    "thai.txt": "ปั๊มสีอะไร",
    "chinese.txt": "水泵是什么颜色的？",
    "english.txt": "What colour is the pump?",
}


class Desk:
    """Uploads through the door, and does the work of a worker."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.session_id: str | None = None

    def add(self, name: str, text: str, sections: tuple[Section, ...] = (), **fields: str) -> str:
        session = {} if self.session_id is None else {"session_id": self.session_id}
        added = self._api.upload(text, filename=name, **session, **fields)
        assert added.status_code == 200, added.text
        self.session_id = str(added.json()["session_id"])
        document_id = str(added.json()["document_id"])
        extraction = Extraction(text, sections)
        with self._api.core.database.transaction("test") as store:
            pieces = split_text(document_id, extraction)
            store.documents.complete(document_id, extraction, pieces)
        return document_id

    def embed(self) -> None:
        database = self._api.core.database
        embedder = Embedder(database, SqlLibrary(database), Hashed(), lambda: True, 0.0)
        while not embedder.work():
            pass

    def search(self, query: str, **fields: Any) -> dict[str, Any]:
        body = {"query": query, "session_id": self.session_id, **fields}
        answer = self._api.client.post("/api/file/search", json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def refused(self, status: int, **fields: Any) -> str:
        body = {"query": "Which pump?", "session_id": self.session_id, **fields}
        answer = self._api.client.post("/api/file/search", json=body)
        assert answer.status_code == status, answer.text
        return str(answer.json()["code"])


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    url = f"sqlite:///{tmp_path / 'test.sqlite3'}"
    with serving(tmp_path / "data", url, embedder="hashed") as api:
        yield Desk(api)


def all_results(folder: Path, database_url: str) -> list[Any]:
    with serving(folder, database_url, embedder="hashed") as api:
        desk = Desk(api)
        for name, text in TEXTS.items():
            desk.add(name, text)
        by_words = [desk.search(question)["passages"] for question in QUESTIONS.values()]
        desk.embed()
        by_both = [desk.search(question)["passages"] for question in QUESTIONS.values()]
    kept = ("document", "score", "start", "end", "text", "line", "page")
    return [
        [{name: passage[name] for name in kept} for passage in passages]
        for passages in (*by_words, *by_both)
    ]


def test_every_database_gives_the_same_passages(tmp_path: Path, postgres_server: str) -> None:
    on_sqlite = all_results(tmp_path / "a", f"sqlite:///{tmp_path / 'test.sqlite3'}")
    on_postgres = all_results(tmp_path / "b", new_postgres_database(postgres_server))
    assert on_sqlite == on_postgres
    assert all(on_sqlite)


@pytest.mark.parametrize("name", TEXTS)
def test_a_question_is_answered_in_its_script(desk: Desk, name: str) -> None:
    for other, text in TEXTS.items():
        desk.add(other, text)
    best = desk.search(QUESTIONS[name])["passages"][0]
    assert best["document"] == name


def test_a_passage_can_be_found_in_its_document(desk: Desk) -> None:
    pages = (Section(SectionKind.PAGE, "1", 0, 27), Section(SectionKind.PAGE, "2", 29, 45))
    document_id = desk.add("house.txt", TEXTS["english.txt"], pages)
    best = desk.search("Which colour has the pump?", max_passages=1)["passages"][0]
    assert (best["document_id"], best["page"], best["line"]) == (document_id, 2, 3)
    assert best["text"] == TEXTS["english.txt"][best["start"] : best["end"]]
    assert 0 < best["score"] <= 1


def test_pages_and_documents_narrow_a_search(desk: Desk) -> None:
    pages = (Section(SectionKind.PAGE, "1", 0, 27), Section(SectionKind.PAGE, "2", 29, 45))
    first = desk.add("house.txt", TEXTS["english.txt"], pages)
    desk.add("other.txt", "The pump is blue.")
    found = desk.search("Which colour has the pump?", filters={"pages": [1, 1]})["passages"]
    assert {passage["page"] for passage in found} <= {1}
    found = desk.search("pump", filters={"document_ids": [first]})["passages"]
    assert {passage["document_id"] for passage in found} == {first}
    assert desk.refused(422, filters={"pages": [9, 9]}) == "document_rejected"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"year": 2022}, {"b"}),
        ({"year": {"gte": 2022}}, {"b", "c"}),
        ({"year": {"gt": 2021, "lt": 2023}}, {"b"}),
        ({"year": {"lte": 2021}}, {"a"}),
        ({"year": {"in": [2021, 2023]}}, {"a", "c"}),
        ({"year": {"nin": [2021, 2023]}}, {"b", "d"}),
        ({"year": {"ne": 2022}}, {"a", "c", "d"}),
        ({"kind": "memo", "draft": False}, {"c"}),
        ({"kind": {"gt": "l"}}, {"c"}),
        ({"year": {"gt": "2000"}}, set()),
        ({"draft": 1}, set()),
    ],
)
def test_metadata_narrows_a_search(
    desk: Desk, condition: dict[str, Any], expected: set[str]
) -> None:
    desk.add("a", "The pump is red.", metadata='{"year": 2021, "draft": true}')
    desk.add("b", "The pump is red.", metadata='{"year": 2022}')
    desk.add("c", "The pump is red.", metadata='{"year": 2023, "kind": "memo", "draft": false}')
    desk.add("d", "The pump is red.")
    if not expected:
        assert desk.refused(422, filters={"metadata": condition}) == "document_rejected"
        return
    found = desk.search("pump", filters={"metadata": condition})["passages"]
    assert {passage["document"] for passage in found} == expected


def test_a_least_score_leaves_the_rest_out(desk: Desk) -> None:
    desk.add("a", "The pump is red.")
    assert desk.search("pump")["passages"]
    assert desk.search("pump submarine telescope", min_score=0.9)["passages"] == []


def test_what_is_not_in_the_files_is_less_sure(desk: Desk) -> None:
    desk.add("house.txt", TEXTS["english.txt"])
    inside = desk.search("How deep is the well?")["confidence"]
    outside = desk.search("Who composed the ninth symphony?")["confidence"]
    assert outside < 0.5 < inside


@pytest.mark.parametrize(
    "fields",
    [
        {"query": " "},
        {"max_passages": 0},
        {"min_score": 2},
        {"filters": {"pages": [3, 1]}},
        {"filters": {"metadata": {"year": {"about": 3}}}},
        {"filters": {"metadata": {"year": {"in": 3}}}},
        {"filters": {"metadata": {"year": [1]}}},
    ],
)
def test_what_is_wrong_is_told(desk: Desk, fields: dict[str, Any]) -> None:
    desk.add("a", "The pump is red.")
    assert desk.refused(422, **fields) == "invalid_request"


def test_another_tenants_session_is_not_found(desk: Desk) -> None:
    desk.add("a", "The pump is red.")
    unknown = "00000000-0000-4000-8000-000000000000"
    assert desk.refused(404, session_id=unknown) == "session_not_found"


@pytest.mark.parametrize("metadata", ["{", "[1]", '{"a": [1]}', '{"a": null}', '{"a": NaN}'])
def test_metadata_is_a_flat_object(tmp_path: Path, metadata: str) -> None:
    with serving(tmp_path / "data", f"sqlite:///{tmp_path / 'test.sqlite3'}") as api:
        answer = api.upload("text", metadata=metadata)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
        assert api.files() == []
