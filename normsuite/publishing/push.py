"""A built folder at the Hugging Face hub: ``normsuite data push``.

Where a data set may not be passed on, nothing is sent. The token is the hub's own client's to find; no
message shows it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from normsuite.adapters import get_adapter, known_adapters
from normsuite.adapters.build import read_items
from normsuite.adapters.describe import printable
from normsuite.adapters.items_folder import data_files
from normsuite.adapters.reading import sha256
from normsuite.errors import InputError
from normsuite.publishing.folder import CROISSANT, README, SET_ASIDE

_LOGIN: Final = "run `hf auth login`, or set HF_TOKEN"
_ANSWERS: Final = {
    401: ("does not know this token", _LOGIN),
    403: ("does not let this token write there", "use a token that may write, or another name"),
    404: ("has no such account or repository, or hides it from this token", "look at --to"),
    409: ("says that something else is being done to this repository", "try again later"),
    429: ("is asked too often", "try again later"),
}


@dataclass(frozen=True)
class Push:
    """What will be sent where.

    Attributes:
        folder: as ``data build`` wrote it.
        files: paths below it.
        repo: ``owner/name``.
        private: whether only the owner may see it.
        branch: of the repository; made if it is not there. Empty is its main one.
    """

    folder: Path
    files: tuple[str, ...]
    repo: str
    private: bool
    branch: str = ""


@dataclass(frozen=True)
class Pushed:
    """Where it lies now."""

    url: str
    commit: str


def plan_push(folder: Path, repo: str, *, private: bool = False, branch: str = "") -> Push:
    """See whether a folder may be pushed, without asking the hub.

    Args:
        folder: as ``data build`` wrote it.
        repo: ``owner/name``.
        private: whether only the owner may see it.
        branch: of the repository.

    Raises:
        InputError: it is no such folder, its files are not the ones its metadata describes, the data set may
            not be passed on (or only for non-commercial use, and ``private`` is not asked for), or the name
            is none.
    """
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    try:
        validate_repo_id(repo)
    except HFValidationError:
        repo = ""
    if repo.count("/") != 1:
        raise InputError("is not of the form owner/name", field="--to")
    data = (f"{path.parent.name}/{path.name}" for path in data_files(folder))
    files = [README, CROISSANT, SET_ASIDE, *data]
    for name in files:
        if not (folder / name).is_file():
            fix = "write the folder with `normsuite data build NAME --out DIR`"
            raise InputError("no such file", file=folder / name, fix=fix)
    for name in read_items(folder)["dataset"].unique().to_pylist():
        _refuse_unshared(name, private=private)
    _compare(folder, files)
    return Push(folder, tuple(files), repo, private, branch)


def _compare(folder: Path, files: list[str]) -> None:
    """Refuse a folder whose data files are not those that its Croissant metadata describes."""
    path = folder / CROISSANT
    try:
        described = json.loads(path.read_text(encoding="utf-8"))["distribution"]
        digests = {file["@id"]: file["sha256"] for file in described if "sha256" in file}
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise InputError(f"is damaged ({error})", file=path, fix="build the folder again") from None
    for name in files:
        if name not in (README, CROISSANT) and digests.get(name) != sha256(folder / name):
            what = f"is not the file that {CROISSANT} describes"
            raise InputError(what, file=folder / name, fix="build the folder again")


def _refuse_unshared(name: str, *, private: bool) -> None:
    """Refuse a data set that must not be passed on."""
    if name not in known_adapters():
        return
    home = get_adapter(name).home
    if home.share == "no":
        what = f"the data set {name!r} must not be passed on (licence: {home.licence}; {home.page})"
        raise InputError(what, fix="others get it from its home and build it with `normsuite data build`")
    if home.share == "non-commercial" and not private:
        what = f"the data set {name!r} is not for commercial use (licence: {home.licence}; {home.page})"
        raise InputError(what, field="--private", fix="push it with --private")


def push(plan: Push) -> Pushed:
    """Send a folder to the hub: a repository that is not there is made, data files of an earlier build go.

    Args:
        plan: from ``plan_push``.

    Raises:
        InputError: no token, the hub refuses or cannot be reached, or the repository is public and
            ``private`` was asked for.
    """
    from huggingface_hub import HfApi, get_token

    token = get_token()
    if token is None:
        raise InputError("there is no token for the hub", fix=_LOGIN)
    api = HfApi(library_name="normsuite")
    with _one_line(plan, token):
        api.create_repo(plan.repo, repo_type="dataset", private=plan.private or None, exist_ok=True)
        if plan.private and not api.dataset_info(plan.repo).private:
            what = f"the repository {plan.repo} is public already, and is not made private from here"
            raise InputError(what, field="--private", fix="make it private at the hub, or name another")
        if plan.branch:
            api.create_branch(plan.repo, repo_type="dataset", branch=plan.branch, exist_ok=True)
        commit = api.upload_folder(
            repo_id=plan.repo,
            repo_type="dataset",
            folder_path=plan.folder,
            revision=plan.branch or None,
            allow_patterns=list(plan.files),
            delete_patterns=["data/*.parquet"],
            commit_message=f"Build of {plan.folder.resolve().name} by normsuite",
        )
    return Pushed(f"{api.endpoint}/datasets/{plan.repo}", commit.oid)


@contextmanager
def _one_line(plan: Push, token: str) -> Iterator[None]:
    """Turn the client's errors into lines, none of which shows the token."""
    from huggingface_hub import constants
    from huggingface_hub.errors import HfHubHTTPError, HTTPError  # type: ignore[attr-defined]

    def shown(text: str) -> str:
        return printable(text.replace(token, "…"))[:300]

    try:
        yield
    except HfHubHTTPError as error:
        status = error.response.status_code
        later = "try again later" if status >= 500 else None
        what, fix = _ANSWERS.get(status, (f"answers {status}", later))
        said = f" ({shown(error.server_message)})" if error.server_message else ""
        raise InputError(f"{constants.ENDPOINT} {what}{said}", file=plan.repo, fix=fix) from None
    except ValueError as error:  # the README's metadata, looked at before anything is sent
        raise InputError(shown(str(error)), file=plan.folder / README) from None
    except (HTTPError, OSError, RuntimeError) as error:  # of whichever HTTP client the hub's is built on
        what = f"{constants.ENDPOINT} cannot be reached: {shown(str(error)) or type(error).__name__}"
        raise InputError(what, file=plan.repo, fix="nothing is there unless all is") from None
