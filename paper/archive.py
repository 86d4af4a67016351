"""What makes a PDF accessible and fit for the archive: structure tree, language, colour profile, metadata.

PDF/UA-1 (ISO 14289-1) and PDF/A-2a (ISO 19005-2). Nothing here reads a clock: the given instant is the only date.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

import pikepdf
from pikepdf import Array, Dictionary, Name, String
from PIL import ImageCms

from paper.letters import clean

PRODUCER = "Kursbuch"

_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"
 xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
<dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>
<xmp:CreateDate>{date}</xmp:CreateDate><xmp:ModifyDate>{date}</xmp:ModifyDate>
<xmp:CreatorTool>{producer}</xmp:CreatorTool><pdf:Producer>{producer}</pdf:Producer>
<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance><pdfuaid:part>1</pdfuaid:part>
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource"><pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType><pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>PDF/UA part</pdfaProperty:description></rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


@dataclass(frozen=True, slots=True)
class Content:
    """A piece of marked content: number `mark` on page `page`, both counted from 0."""

    page: int
    mark: int


@dataclass(slots=True)
class Element:
    """A node of the structure tree. `box` (left, bottom, right, top in points) belongs to figures, `scope`
    ("Column" or "Row") and `span` (columns) to table cells."""

    role: str
    language: str | None = None
    alternative: str | None = None
    box: tuple[float, float, float, float] | None = None
    scope: str | None = None
    span: int = 1
    kids: list["Element | Content"] = field(default_factory=list)

    def contents(self) -> Iterator[Content]:
        """Every piece of marked content below this element, in reading order."""
        for kid in self.kids:
            if isinstance(kid, Content):
                yield kid
            else:
                yield from kid.contents()


@dataclass(frozen=True, slots=True)
class About:
    """What the document says of itself. `created` must be aware of its time zone (else ValueError)."""

    title: str
    author: str
    language: str
    created: datetime

    def __post_init__(self) -> None:
        if self.created.tzinfo is None:
            raise ValueError("a document's instant needs a time zone")
        object.__setattr__(self, "title", clean(self.title))


def stream(pdf: pikepdf.Pdf, data: bytes, filler: bytes, **entries: Any) -> pikepdf.Stream:
    """A compressed stream that ends neither in CR nor in LF.

    Such a last byte runs together with the line end before `endstream`: checkers of PDF/A (6.1.7.1) then count one byte
    less than /Length says, in one stream of 128. `filler` is appended until the check sum ends otherwise; it must not
    be zeros, which do not change the sum.
    """
    while (packed := zlib.compress(data)).endswith((b"\r", b"\n")):
        data += filler
    return pdf.make_stream(packed, Filter=Name.FlateDecode, **entries)


def describe(pdf: pikepdf.Pdf, about: About) -> None:
    """Write title, author, dates, language and colour profile into the catalogue, the XMP packet and the info."""
    moment = about.created.strftime("%Y-%m-%dT%H:%M:%S%z")
    zone = moment[19:22] + ":" + moment[22:24]
    stamp = f"D:{about.created:%Y%m%d%H%M%S}{moment[19:22]}'{moment[22:24]}'"
    packet = _XMP.format(
        title=escape(about.title), author=escape(about.author), language=about.language, producer=PRODUCER,
        date=moment[:19] + zone,
    )  # fmt: skip
    pdf.trailer.Info = pdf.make_indirect(
        Dictionary(
            Title=String(about.title),
            Author=String(about.author),
            Creator=String(PRODUCER),
            Producer=String(PRODUCER),
            CreationDate=String(stamp),
            ModDate=String(stamp),
        )
    )
    profile = stream(pdf, _srgb(), b"\1", N=3)
    root = pdf.Root
    root.Metadata = pdf.make_stream(packet.encode(), Type=Name.Metadata, Subtype=Name.XML)
    root.Lang = String(about.language)
    root.MarkInfo = Dictionary(Marked=True)
    root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    root.OutputIntents = Array(
        [
            Dictionary(
                Type=Name.OutputIntent,
                S=Name.GTS_PDFA1,
                OutputConditionIdentifier=String("sRGB"),
                Info=String("sRGB IEC61966-2.1"),
                DestOutputProfile=profile,
            )
        ]
    )


def add_structure(pdf: pikepdf.Pdf, document: Element) -> None:
    """Build the structure tree under `document` and, for every page, the way back from mark to element."""
    pages = [page.obj for page in pdf.pages]
    parents: list[dict[int, pikepdf.Object]] = [{} for _ in pages]
    root = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
    root.K = Array([_built(pdf, document, root, pages, parents)])
    numbers = Array()
    for number, (page, marks) in enumerate(zip(pages, parents, strict=True)):
        page.StructParents = number
        page.Tabs = Name.S
        numbers.append(number)
        numbers.append(pdf.make_indirect(Array([marks[mark] for mark in range(len(marks))])))
    root.ParentTree = pdf.make_indirect(Dictionary(Nums=numbers))
    root.ParentTreeNextKey = len(pages)
    pdf.Root.StructTreeRoot = root


def add_signature_field(pdf: pikepdf.Pdf, name: str, tooltip: str) -> None:
    """An empty signature field on the first page, invisible, with its place in the structure tree (made before).

    Made here and only filled when the document is signed: a signer's own field has neither tooltip nor tag, both of
    which PDF/UA asks for (7.18.1, 7.18.4).
    """
    page, tree = pdf.pages[0].obj, pdf.Root.StructTreeRoot
    key = tree.ParentTreeNextKey
    field = pdf.make_indirect(
        Dictionary(
            Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T=String(name), TU=String(tooltip),
            F=132, Rect=Array([0, 0, 0, 0]), P=page, StructParent=key,
        )
    )  # fmt: skip
    document = tree.K[0]
    kid = Dictionary(Type=Name.OBJR, Obj=field, Pg=page)
    form = pdf.make_indirect(
        Dictionary(Type=Name.StructElem, S=Name.Form, P=document, Pg=page, Alt=String(tooltip), K=kid)
    )
    document.K.append(form)
    tree.ParentTree.Nums.append(key)
    tree.ParentTree.Nums.append(form)
    tree.ParentTreeNextKey = key + 1
    page.Annots = Array([field])
    pdf.Root.AcroForm = Dictionary(Fields=Array([field]), SigFlags=3)


def _built(
    pdf: pikepdf.Pdf,
    element: Element,
    parent: pikepdf.Object,
    pages: Sequence[pikepdf.Object],
    parents: list[dict[int, pikepdf.Object]],
) -> pikepdf.Object:
    node = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name("/" + element.role), P=parent))
    if element.alternative:
        node.Alt = String(element.alternative)
    if element.language:
        node.Lang = String(element.language)
    if attributes := _attributes(element):
        node.A = attributes
    home = next((kid.page for kid in element.kids if isinstance(kid, Content)), None)
    if home is not None:
        node.Pg = pages[home]
    kids = Array()
    for kid in element.kids:
        if isinstance(kid, Element):
            kids.append(_built(pdf, kid, node, pages, parents))
            continue
        parents[kid.page][kid.mark] = node
        kids.append(kid.mark if kid.page == home else Dictionary(Type=Name.MCR, Pg=pages[kid.page], MCID=kid.mark))
    node.K = kids
    return node


def _attributes(element: Element) -> Dictionary | None:
    if element.box:
        return Dictionary(O=Name.Layout, BBox=Array([round(edge, 2) for edge in element.box]), Placement=Name.Block)
    if element.scope or element.span > 1:
        attributes = Dictionary(O=Name.Table)
        if element.scope:
            attributes.Scope = Name("/" + element.scope)
        if element.span > 1:
            attributes.ColSpan = element.span
        return attributes
    return None


@cache
def _srgb() -> bytes:
    """The sRGB profile, with a fixed date of its own: lcms writes the hour of its making into bytes 24 to 35."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = bytes.fromhex("07D0 0001 0001 0000 0000 0000")
    return bytes(profile)
