"""Invented samples of every official layout, and what tests need to read them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl

from engine.errors import Problem
from engine.reference.layout import ReleaseHeader, SourceMember
from engine.reference.layouts import recognise
from engine.reference.tables import OFFICIAL_TABLES

Table = tuple[ReleaseHeader, list[dict[str, Any]], list[Problem]]


def member(name: str, content: bytes | str, path: str = "") -> SourceMember:
    """A member that lives in memory."""
    data = content.encode() if isinstance(content, str) else content
    return SourceMember(path or f"folder/{name}", name, len(data), lambda: io.BytesIO(data))


def tables(found: SourceMember) -> list[Table]:
    """Everything a member holds, rows by column name. A row that does not fit its table fails the test."""
    layout = recognise(found)
    assert layout is not None, f"{found.name} was not recognised"
    read = []
    for parsed in layout.read(found):
        columns = list(OFFICIAL_TABLES[parsed.header.table].columns)
        rows = [dict(zip(columns, row, strict=True)) for row in parsed.rows]
        read.append((parsed.header, rows, parsed.problems))
    return read


def table(name: str, content: bytes | str, path: str = "") -> Table:
    """The one table of a member that must have no problems."""
    (header, rows, problems) = tables(member(name, content, path))[0]
    assert not problems, [problem.text() for problem in problems]
    return header, rows, problems


def problems(name: str, content: bytes | str, path: str = "") -> list[tuple[str, int, str]]:
    """Code, line and column of every problem of a member."""
    found = [problem for _, _, listed in tables(member(name, content, path)) for problem in listed]
    return [(problem.code, problem.place.line, problem.place.path) for problem in found]


def workbook(rows: Sequence[Sequence[object]]) -> bytes:
    """A workbook of one sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def archive(folder: Path, name: str, members: Mapping[str, bytes | str]) -> Path:
    """A zip on disk."""
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as written:
        for inner, content in members.items():
            written.writestr(inner, content)
    return path


PTP_HEADER = (
    "Copyright line\t\t\t\t\t\t\r\nColumn1/Column2 Edits\t\t\t\t\t\t\r\n"
    "Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale\r\n"
    "\t\tprior to 1996\tDate\tDate\t0=not allowed\t\r\n\t\t\t\t*=no data\t1=allowed\t\r\n"
    "\t\t\t\t\t9=not applicable\t\r\n"
)
PTP_ROWS = (
    "A0001\tA0002\t*\t19960101\t*\t0\tInvented\r\n"
    "A0001\tA0003\t\t20200101\t20231231\t1\tInvented\r\n"
    "A0001\tA0004\t\t20220101\t20220101\t9\tInvented\r\n"
)
PTP = PTP_HEADER + PTP_ROWS
PTP_NAME = "ccipra-v302r0-f2.TXT"

MUE = (
    b'"Some words \xae\n\nover several lines",,,\r\n'
    b'"HCPCS/\nCPT Code",Practitioner Services MUE Values,MUE Adjudication Indicator,MUE Rationale\r\n'
    b"A0001,2,3 Date of Service Edit: Clinical,Clinical: Data\r\n"
    b"A0002,0,1 Line Edit,CMS Policy\r\n"
)
MUE_NAME = "MCR_MUE_PractitionerServices_Eff_07-01-2024.csv"

AOC = (
    "Copyright line\t\t\t\t\t\t\t\r\n"
    "AOC_Edit_Type\tAdd-On_Code\tAOC_DelDT\tPrimary_Code\tPrimary_Code_DelDT\tAOC_Edit_EffDT\tAOC_Edit_DelDT\tNotes\r\n"
    "1\tA0001\t\tA0002\t\t2013091\t\t\r\n"
    "2\tA0003\t\tCCCCC\t\t2020060\t2020366\t\r\n"
    "3\tA0004\t2021031\tA0005\t\t2013091\t2021365\t\r\n"
)
AOC_NAME = "AOC_V2024Q3-MCR.txt"

_STACK = (
    ("", "", "2025 National Physician Fee Schedule Relative Value File October Release", *[""] * 28),
    ("", "", "RELEASED 09/11/2025", *[""] * 28),
    (*[""] * 28, "NON-FACILITY", "FACILITY", ""),
    (
        *("", "", "", "", "NOT USED", *[""] * 20),
        *("PHYSICIAN", "", "DIAGNOSTIC", "PE USED", "PE USED", "MP USED"),
    ),
    (
        *("", "", "", "", "FOR", "", "", "NON-FAC", "", "FACILITY ", *[""] * 15),
        *("SUPERVISION OF", "", "IMAGING", "FOR OPPS", "FOR OPPS", "FOR OPPS"),
    ),
    (
        *(
            "",
            "",
            "",
            "STATUS",
            "MEDICARE ",
            "WORK",
            "NON-FAC",
            "NA",
            "FACILITY",
            "NA",
            "MP",
            "NON-FACILITY",
            "FACILITY",
        ),
        *("PCTC", "GLOB", "PRE", "INTRA", "POST", "MULT", "BILAT", "ASST", "CO-", "TEAM", "ENDO", "CONV", "DIAGNOSTIC"),
        *("CALCULATION", "FAMILY", "PAYMENT", "PAYMENT", "PAYMENT"),
    ),
    (
        *("HCPCS", "MOD", "DESCRIPTION", "CODE", "PAYMENT", "RVU", "PE RVU", "INDICATOR", "PE RVU", "INDICATOR", "RVU"),
        *("TOTAL", "TOTAL", "IND", "DAYS", "OP", "OP", "OP", "PROC", "SURG", "SURG", "SURG", "SURG", "BASE", "FACTOR"),
        *("PROCEDURES", "FLAG", "INDICATOR", "AMOUNT", "AMOUNT", "AMOUNT"),
    ),
)
MPFS_HEADER = [list(row) for row in _STACK]
_MPFS_LINES = (
    "A0001,,Words,A,,1.30,1.35,,0.57,NA,0.10,2.75,1.97,0,010,0.10,0.80,0.10,3,1,2,0,0,A0009,32.3465,09,0,99,0.00,0.00,0.00",
    "A0002,TC,,C,+,0.00,0.77,,0.77,,0.01,0.78,0.78,1,XXX,0.00,0.00,0.00,4,0,0,0,0,,32.3465,6A,0,88,2.76,2.70,0.05",
)
MPFS_ROWS = [line.split(",") for line in _MPFS_LINES]
MPFS = "\r\n".join(",".join(row) for row in [*MPFS_HEADER, *MPFS_ROWS]) + "\r\n"
MPFS_NAME = "PPRRVU2025_Oct.csv"
MPFS_TEXT = (
    "HDR SOME WORDS\r\n"
    + "A0001  Words"
    + " " * 45
    + "A   1.30   1.35     0.57NA  0.10   2.75  1.970010.10.80.1031200       A0009 32.3465 090 99      0.00   0.00   0.00\r\n"
    + "A0002TC"
    + " " * 50
    + "C+  0.00   0.77     0.77    0.01   0.78  0.781XXX.00.00.0040000             32.3465 6A0 88      2.76   2.70   0.05\r\n"
)
MPFS_TEXT_NAME = "PPRRVU2025_Oct.txt"

GPCI = (
    "ADDENDUM E. FINAL CY 2025 GEOGRAPHIC PRACTICE COST INDICES,,,,,,\r\n,,,,,,\r\n"
    "Medicare Administrative Contractor (MAC),State,Locality Number,Locality Name,2025 PW GPCI (with 1.0 Floor),"
    "2025 PE GPCI,2025 MP GPCI\r\n"
    "01234,ZZ,01,SOMEWHERE*,1.5,0.9,0.575\r\n"
    '"Assignments as of some day, some year",,,,,,\r\n*a note,,,,,,\r\n'
)
GPCI_TEXT = (
    "ADDENDUM E. FINAL CY 2025 GEOGRAPHIC PRACTICE COST INDICES\r\n\r\n"
    "Medicare Admi State  Locality      Locality Name          2025 PW GPCI2025 PE GPCI2025 MP GPCI\r\n"
    "01234           ZZ      01   SOMEWHERE*               1.500       0.900       0.575\r\n*a note\r\n"
)
LOCALITIES = (
    "COUNTIES INCLUDED IN 2025 LOCALITIES.,,,,\r\n,,,,\r\n"
    "Medicare Adminstrative Contractor,Locality Number,State ,Fee Schedule Area ,Counties\r\n,,,,\r\n"
    '1234,1,,"TOWN, INNER",ONE\r\n1234,2,SOME STATE ,REST,ALL OTHERS\r\n,,,,\r\n5678,0,OTHER STATE,STATEWIDE,ALL\r\n'
    "*  A note.,,,,\r\n"
)


def _county(contractor: str, locality: str, state: str, area: str, counties: str) -> str:
    return f"    {contractor}       {locality}    {state:23}{area:98}{counties}\r\n"


LOCALITIES_TEXT = (
    "COUNTIES INCLUDED IN 2025 LOCALITIES.\r\n\r\n"
    "Medicare AdmiLocality         State           Fee Schedule Area           Counties\r\n\r\n"
    + _county("01234", "01", "", "TOWN, INNER", "ONE")
    + _county("01234", "02", "SOME STATE", "REST", "ALL OTHERS")
    + "\r\n"
    + _county("05678", "00", "OTHER STATE", "STATEWIDE", "ALL")
    + "\r\n*  A note.\r\n"
)
ANESTHESIA = "Contractor,Locality,Locality Name,National Anes CF of 20.00\r\n01234 ,01 ,SOMEWHERE*,19.31 \r\n\x1a"
ANESTHESIA_TEXT = "01234       01    SOMEWHERE                                              1931\r\n\x1a"
OPPS_CAP = (
    "HCPCS,MOD,PROCSTAT,CARRIER,LOCALITY,FACILITY PRICE,NON-FACILTY PRICE\r\nA0001,TC,C,01234,05,150.69,96.91\r\n"
)
OPPS_CAP_TEXT = "A0001TC C 01234  05   150.69     96.91\r\n"
CONVERSION_FACTORS = (
    "cf_type,effective_from,effective_through,value,release\n"
    "physician,2024-01-01,2024-03-08,32.7442,one\nphysician,2024-03-09,2024-12-31,33.2875,two\n"
)


def hcpcs_record(code: str, kind: str, long: str, dates: str = "", short: str = "Short", action: str = "N") -> str:
    """One 320-byte record; ``dates`` are those of adding, action and termination."""
    record = f"{code:>5}00100{kind}{long:80}"
    if kind in "37":
        record += (
            f"{short:28}{'00':8}" + " " * 77 + f"{'A0030':25}C" + " " * 26 + f"{'O1A':4}{'1P':8}{dates:24}{action}"
        )
    return f"{record:320}\r\n"


HCPCS_TEXT = (
    "***Disclaimers\t\t\r\n*Words\xa0\t\r\n\r\n"
    + hcpcs_record("A0001", "3", "The first line of a long description and", "2001010120020101")
    + hcpcs_record("A0001", "4", "its second line")
    + hcpcs_record("A0002", "3", "Ended", "200101012020010120201231", action="D")
    + hcpcs_record("ZZ", "7", "A modifier", "2015010120150101")
).encode("cp1252")
HCPCS_NAME = "HCPC2024_JUL_ANWEB.txt"
HCPCS_CSV = (
    "HCPC,SEQNUM,RECID,LONG DESCRIPTION,SHORT DESCRIPTION,PRICE1,PRICE2,PRICE3,PRICE4,XREF1,XREF2,XREF3,XREF4,XREF5,COV,"
    "BETOS,TOS1,TOS2,TOS3,TOS4,TOS5,ADD DT,ACT EFF DT,TERM DT,ACTION CD\r\n"
    'A0001,0010,3,"The first line of a long description and",Short,00,,,,A0030,,,,,C,O1A,1,P,,,,20010101,20020101,,N\r\n'
    "A0001,0020,4,its second line,,,,,,,,,,,,,,,,,,,,,\r\n"
    "A0002,0010,3,Ended,Short,00,,,,A0030,,,,,C,O1A,1,P,,,,20010101,20200101,20201231,D\r\n"
    "   ZZ,0010,7,A modifier,Short,00,,,,A0030,,,,,C,O1A,1,P,,,,20150101,20150101,,N\r\n"
)
MODIFIERS = (
    "modifier,level,category,description,description_source,add_date_2019_file,term_date_2019_file,in_2019_file,in_2024_list\n"
    "ZZ,HCPCS Level II,,Words,x,20150401,20150630,Y,Y\n25,CPT,General,,,,,N,Y\n"
)
ORDER = (
    "00001 A00     0 Heading                                                      A heading\r\n"
    "00002 A000    1 Code                                                         A code\r\n"
    "00003 S0100XA 1 Long code                                                    A long code\r\n"
)
ORDER_NAME = "icd10cm_order_2026.txt"
MCE = (
    "icd10cm,edit,value,valid_from,valid_through,seen_at_2024-01-15,seen_at_2026-01-15\n"
    "A1814,SEX_CONFLICT,male,20231001,20240930,Y,N\nA33,AGE_CONFLICT,newborn(0),20231001,,Y,Y\n"
)
PLACES = "code,name,setting\n01,Somewhere,Non-Facility\n21,Elsewhere,Facility\n"
REASONS = (
    "code,list,start_date,last_modified,end_date\nCO,Group,,,\n1,CARC,1995-01-01,,\n15,CARC,1995-01-01,2017-11-01,2018-05-01\n"
    "M1,RARC,1997-01-01,,\n"
)
TAXONOMY = "Code,Grouping,Classification,Specialization\n207K00000X,Group,Class,\n"
REVENUE = "code,category\n0450,045X\n"

TABULAR = """<?xml version="1.0" encoding="utf-8"?>
<ICD10CM.tabular><version>2026</version>
<chapter><name>1</name><desc>First (A00-B99)</desc>
 <section id="A00-A09"><desc>One (A00-A09)</desc>
  <excludes1><note>words of the section (B90-B91)</note></excludes1>
  <diag><name>A00</name><desc>Cholera</desc>
   <excludes1><note>other thing (A01.-)</note><note>own child (A00.1)</note></excludes1>
   <diag><name>A00.0</name><desc>Cholera zero</desc></diag>
   <diag><name>A00.1</name><desc>Cholera one</desc>
     <excludes2><note>diabetes in it (E08-E10 with .2)</note></excludes2>
     <useAdditionalCode><note>code, if applicable, to identify:</note><note>thing one (B90.0)</note></useAdditionalCode>
   </diag>
  </diag>
  <diag><name>A01</name><desc>Typhoid</desc>
   <codeFirst><note>underlying disease</note><note>typhoid cause (T36-T37 with fifth or sixth character 1-2)</note></codeFirst>
   <codeAlso><note>sequela NOS (B90-B91)</note></codeAlso>
  </diag>
 </section>
 <section id="B90-B99"><desc>Two (B90-B99)</desc>
  <diag><name>B90</name><desc>Sequelae</desc><diag><name>B90.0</name><desc>Other sequelae</desc></diag></diag>
  <diag><name>B91</name><desc>Sequelae of others</desc></diag>
  <diag><name>B99</name><desc>More</desc></diag>
 </section></chapter>
<chapter><name>4</name><desc>Fourth (E00-E89)</desc><section id="E08-E13"><desc>D (E08-E13)</desc>
  <diag><name>E08</name><desc>D8</desc><diag><name>E08.2</name><desc>D82</desc></diag></diag>
  <diag><name>E09</name><desc>D9</desc></diag>
  <diag><name>E10</name><desc>D10</desc><diag><name>E10.2</name><desc>D102</desc></diag></diag>
</section></chapter>
<chapter><name>19</name><desc>Nineteenth (S00-T88)</desc><section id="T36-T50"><desc>T (T36-T50)</desc>
  <diag><name>T36</name><desc>Poisoning</desc>
   <sevenChrDef><extension char="A">initial</extension><extension char="D">subsequent</extension></sevenChrDef>
   <diag><name>T36.0</name><desc>P</desc><diag><name>T36.0X</name><desc>PX</desc>
     <diag><name>T36.0X1</name><desc>PX1</desc></diag><diag><name>T36.0X5</name><desc>PX5</desc></diag></diag></diag>
   <diag><name>T36.9</name><desc>P9</desc><diag><name>T36.92</name><desc>P92</desc></diag></diag>
  </diag>
  <diag><name>T37</name><desc>Other poisoning</desc></diag>
</section></chapter></ICD10CM.tabular>
"""
TABULAR_NAME = "icd10c-tabular-April-1-2026.xml"

COVERAGE = {
    "article.csv": "article_id,article_version,article_type,title,status,display_id,last_updated,article_eff_date,article_end_date\n"
    "1,2,,Words,,A1,2026-02-05 10:00:00,2020-01-01,\n",
    "article_x_hcpc_code.csv": "article_id,article_version,hcpc_code_id,hcpc_code_version,hcpc_code_group,range\n"
    "1,2,A0001,,1,N\n1,2,A0002,,1,N\n",
    "article_x_icd10_covered.csv": "article_id,article_version,icd10_code_id,icd10_code_version,icd10_covered_group,range\n"
    "1,2,A00.0,,1,N\n1,2,A00.1,,2,N\n",
    "article_x_icd10_covered_group.csv": "article_id,article_version,icd10_covered_group,paragraph\n"
    '1,2,1,"Applies to A0002, which is a code."\n1,2,2,All.\n',
    "article_x_icd10_noncovered.csv": "article_id,article_version,icd10_code_id,icd10_noncovered_group\n1,2,B90.0,1\n",
    "article_related_documents.csv": "article_id,article_version,related_num,r_lcd_id\n1,2,1,33\n",
    "article_x_contractor.csv": "article_id,article_version,contractor_id\n1,2,77\n1,2,78\n",
}

SAMPLES: dict[str, tuple[str, bytes | str]] = {
    "ncci_ptp": (PTP_NAME, PTP),
    "ncci_mue": (MUE_NAME, MUE),
    "ncci_aoc": (AOC_NAME, AOC),
    "mpfs": (MPFS_NAME, MPFS),
    "mpfs_text": (MPFS_TEXT_NAME, MPFS_TEXT),
    "gpci": ("GPCI2025.csv", GPCI),
    "gpci_text": ("GPCI2025.txt", GPCI_TEXT),
    "localities": ("25LOCCO.csv", LOCALITIES),
    "localities_text": ("25LOCCO.txt", LOCALITIES_TEXT),
    "anesthesia": ("ANES2025.csv", ANESTHESIA),
    "anesthesia_text": ("ANES2025.txt", ANESTHESIA_TEXT),
    "opps_cap": ("RVU25D/OPPSCAP_Oct.csv", OPPS_CAP),
    "opps_cap_text": ("RVU25D/OPPSCAP_Oct.txt", OPPS_CAP_TEXT),
    "conversion_factors": ("conversion_factors.csv", CONVERSION_FACTORS),
    "hcpcs_text": (HCPCS_NAME, HCPCS_TEXT),
    "hcpcs": ("HCPC2024_JUL_ANWEB.csv", HCPCS_CSV),
    "modifier_list": ("modifiers.csv", MODIFIERS),
    "icd10cm_order": (ORDER_NAME, ORDER),
    "icd10cm_tabular": (TABULAR_NAME, TABULAR),
    "mce": ("mce_edits.csv", MCE),
    "place_of_service": ("pos_codes.csv", PLACES),
    "adjustment_reasons": ("carc_rarc.csv", REASONS),
    "taxonomy": ("nucc_taxonomy_240.csv", TAXONOMY),
    "revenue_codes": ("revenue_codes.csv", REVENUE),
}
