"""Many papers as one file to print: every paper keeps its place in the structure tree and has a bookmark.

Written one paper after the other, straight into the file, so that the memory taken does not grow with their number:
what stays is two integers a page. Only what a page or its structure reaches is taken over, byte for byte but for the
object numbers. Signatures stay behind: the bundle is for paper, the signed files are the papers themselves.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any, BinaryIO

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from paper.archive import About, describe

# a string (skipped), or a reference to an object; qpdf escapes every bracket inside of strings
_REFERENCE = re.compile(rb"\((?:\\.|[^\\()])*\)|\b(\d+) 0 R\b", re.DOTALL)
_HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"


def bundle(papers: Iterable[tuple[str, bytes]], about: About, out: BinaryIO) -> int:
    """Write the papers, each given as bookmark and PDF of `paper.page.Paper`, to `out`; returns the number of pages.

    Equal papers and `about` give equal bytes. Raises ValueError where there is no paper, or one is no tagged PDF.
    """
    writer = _Writer(out)
    catalogue, info, pages, tree, document, outlines = (writer.reserve() for _ in range(6))
    kids: list[int] = []
    roots: list[int] = []
    parents: list[int] = []
    marks: list[int] = []
    waiting: bytes | None = None  # a bookmark, until it is known whether another follows
    for title, paper in papers:
        first = len(kids)
        root = _add(writer, paper, pages, document, kids, parents)
        roots.append(root)
        number = writer.reserve()
        if waiting is not None:
            writer.write(marks[-1], waiting + b" /Next %d 0 R >>" % number)
        previous = b" /Prev %d 0 R" % marks[-1] if marks else b""
        entry = Dictionary(Title=String(title)).unparse(resolved=True).removesuffix(b">>")
        target = b"/Parent %d 0 R /Dest [ %d 0 R /Fit ]" % (outlines, kids[first])
        waiting = entry + target + previous
        marks.append(number)
    if waiting is None:
        raise ValueError("a bundle needs at least one paper")
    writer.write(marks[-1], waiting + b" >>")
    writer.write(pages, b"<< /Type /Pages /Count %d /Kids %s >>" % (len(kids), _references(kids)))
    numbers = b" ".join(b"%d %d 0 R" % entry for entry in enumerate(parents))
    structure = b"<< /Type /StructTreeRoot /K [ %d 0 R ] /ParentTree << /Nums [ %s ] >> /ParentTreeNextKey %d >>"
    writer.write(tree, structure % (document, numbers, len(parents)))
    head = b"<< /Type /StructElem /S /Document /P %d 0 R /K %s >>"
    writer.write(document, head % (tree, _references(roots)))
    outline = b"<< /Type /Outlines /First %d 0 R /Last %d 0 R /Count %d >>"
    writer.write(outlines, outline % (marks[0], marks[-1], len(marks)))
    own = b"/Pages %d 0 R /StructTreeRoot %d 0 R /Outlines %d 0 R /PageMode /UseOutlines >>" % (pages, tree, outlines)
    with pikepdf.new() as frame:
        describe(frame, about)
        del frame.Root["/Pages"]
        copier = _Copier(writer, frame)
        said = copier.renumbered(frame.Root.unparse(resolved=True)).removesuffix(b">>")
        writer.write(catalogue, said + own)
        writer.write(info, copier.renumbered(frame.trailer.Info.unparse(resolved=True)))
        copier.drain()
    writer.finish(catalogue, info)
    return len(kids)


def _add(writer: "_Writer", paper: bytes, pages: int, document: int, kids: list[int], parents: list[int]) -> int:
    """Take over one paper; returns the number of its root in the structure tree."""
    with pikepdf.open(BytesIO(paper)) as pdf:
        if "/StructTreeRoot" not in pdf.Root:
            raise ValueError("a paper without structure cannot be bundled")
        tree = pdf.Root.StructTreeRoot
        root = tree.K[0]
        root.S = Name.Part
        # the place of the signature in the tree goes with it
        root.K = Array([kid for kid in root.K if kid.get("/S") != Name.Form])
        of_pages = dict(_pairs(tree.ParentTree.Nums))
        copier = _Copier(writer, pdf)
        copier.place(tree.objgen[0], document)  # the root's own parent is the bundle's document
        copier.place(pdf.Root.Pages.objgen[0], pages)
        for page in pdf.pages:
            marked = of_pages[int(page.obj.StructParents)]
            page.obj.StructParents = len(parents)
            if "/Annots" in page.obj:
                del page.obj["/Annots"]
            kids.append(copier.number(page.obj.objgen[0]))
            parents.append(copier.number(marked.objgen[0]))
        number = copier.number(root.objgen[0])
        copier.drain()
        return number


def _pairs(numbers: Any) -> Iterator[tuple[int, pikepdf.Object]]:
    for place in range(0, len(numbers), 2):
        yield int(numbers[place]), numbers[place + 1]


def _references(numbers: Iterable[int]) -> bytes:
    return b"[ " + b" ".join(b"%d 0 R" % number for number in numbers) + b" ]"


class _Copier:
    """Takes objects of one document over into the file, and what they refer to, each once."""

    def __init__(self, writer: "_Writer", pdf: pikepdf.Pdf) -> None:
        self._writer = writer
        self._pdf = pdf
        self._numbers: dict[int, int] = {}
        self._waiting: list[int] = []

    def place(self, old: int, new: int) -> None:
        """References to `old` mean an object of the bundle's own."""
        self._numbers[old] = new

    def number(self, old: int) -> int:
        """The number of an object in the bundle; it is written with the next `drain`."""
        if old not in self._numbers:
            self._numbers[old] = self._writer.reserve()
            self._waiting.append(old)
        return self._numbers[old]

    def renumbered(self, text: bytes) -> bytes:
        """An object's text with the numbers of the bundle."""
        return _REFERENCE.sub(
            lambda found: b"%d 0 R" % self.number(int(found[1])) if found[1] else found[0], text
        )  # fmt: skip

    def drain(self) -> None:
        """Write everything that is referred to and not written yet."""
        while self._waiting:
            old = self._waiting.pop()
            found = self._pdf.get_object(old, 0)
            if isinstance(found, pikepdf.Stream):
                data = found.read_raw_bytes()
                text = self.renumbered(found.stream_dict.unparse(resolved=True))
                if b"/Length " not in text:  # a stream that was never in a file
                    text = text.removesuffix(b">>") + b"/Length %d >>" % len(data)
                self._writer.write(self._numbers[old], text + b"\nstream\n" + data + b"\nendstream")
            else:
                self._writer.write(self._numbers[old], self.renumbered(found.unparse(resolved=True)))


class _Writer:
    """A PDF file being written object by object; remembers where each began."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._begins: list[int] = []
        self._at = 0
        self._digest = hashlib.sha256()
        self._put(_HEADER)

    def reserve(self) -> int:
        """The number of an object that will be written."""
        self._begins.append(0)
        return len(self._begins)

    def write(self, number: int, text: bytes) -> None:
        """Write the object of this number."""
        self._begins[number - 1] = self._at
        self._put(b"%d 0 obj\n%s\nendobj\n" % (number, text))

    def finish(self, catalogue: int, info: int) -> None:
        """Write where everything is: the end of the file."""
        identity = self._digest.hexdigest()[:32].encode()
        start, size = self._at, len(self._begins) + 1
        self._put(b"xref\n0 %d\n0000000000 65535 f \n" % size)
        for begin in self._begins:
            self._put(b"%010d 00000 n \n" % begin)
        trailer = b"trailer << /Size %d /Root %d 0 R /Info %d 0 R /ID [ <%s> <%s> ] >>\nstartxref\n%d\n%%%%EOF\n"
        self._put(trailer % (size, catalogue, info, identity, identity, start))

    def _put(self, data: bytes) -> None:
        self._out.write(data)
        self._digest.update(data)
        self._at += len(data)
