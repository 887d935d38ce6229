"""A small stroke font: shapes of digits that are rare in MNIST, and non-digits.

A symbol is one or more strokes parted by spaces; a stroke is its points, two figures each: x from
0 (left) to 6 (right) and y from 0 (top) to 8 (bottom). Training renders these with random
distortions and pens (see `augmentation`). Look-alikes of digits (o, O, l, I, S, Z and the like)
are left out of the non-digits: they cannot be told from digits without context.
"""

from __future__ import annotations

import numpy as np

POINTS = 160  # points along a symbol, close enough to draw a 20 px glyph without a gap

DIGIT_STROKES: dict[int, tuple[str, ...]] = {
    0: (
        "40200205183865624020 5117", "40200205183865624020 6008", "40200205183865624020 7009",
        "40200205183865624020 3038", "40200205183865624020 4127", "30110417385764513041",
    ),
    1: (
        "3038", "123038", "043038", "055058", "3038 1858", "123038 1858", "043038 0868",
        "14503808", "4030380838", "23503858", "05500808", "35604808", "12304748", "2030 3038",
        "02404808 0868", "023038 0868", "0130384858",
    ),
    2: (
        "02104062540868", "0211305051624406186826", "0040630868", "02104062550717061768",
        "01204162251806275868", "0210406254062767", "0210405226374858", "02114052172857",
        "0210405238 3868",
    ),
    3: (
        "0120506234655728", "01205062346557280716", "006033655728", "00603365572807",
        "01306143244465573806",
    ),
    4: (
        "100464 4048", "000464 6068", "5005655058", "40056540 4048", "40056565 4248",
        "10055565 5048", "3005653048", "20045450 5058",
        "301454 5038", "201444 5148", "402344 5128",
    ),
    5: (
        "6010034365573807", "1004436557280706", "1004436557280706 1060", "1104436557280706 2060",
        "1204336456280706 3151", "2060 302353645728", "2060 30235365573717", "1050 402344656707",
        "50200343655728", "602011033465572807",
    ),
    6: (
        "5013062857553405", "600305284867655405", "40120507285765442416", "500205184867554516",
        "301205284767654405", "5024172838362617", "602306172847553426",
    ),
    7: (
        "006028", "006028 1454", "006028 0464", "006028 2353", "02006028", "02006028 1454",
        "010060340828", "006038 1858", "006028 0848", "031030613428", "04011050613428",
        "02106028 1554", "0511236028", "0411226128", "0310305338", "01305228", "0220525428",
    ),
    8: (
        "50200112456748180715426150", "60200112456748180715426050", "61300112456748180715426351",
        "612001134567481807154372", "402001123343514020 330406184866433323", "0068086000",
    ),
    9: (
        "61300214436158", "6130021444616458", "60300113435148", "52301103245361572807",
        "61300214446164573807", "5020011333515058", "6010146460 6068",
    ),
}  # fmt: skip

NON_DIGITS: tuple[str, ...] = (
    "083068 1555", "08306824", "086068 2464", "615020020617284867", "62513012051728586766",
    "605000085868", "60000868 0444",
    "604000030434 0406285867", "60200144 14062858", "600008 0444", "600008 0353",
    "0008 6068 0464", "1018 5058 1454", "5056381806", "2060 4046281706", "0008 600468",
    "0008 5014 1458", "000868", "10170868", "0800346068", "08103450586868", "08003060 3038 6068",
    "08006860", "0810586060", "0800405253340404", "0008 0040625404", "1018 1050625414",
    "30110417385764513041 4568", "40200205183865624020 4668", "080040525324044868",
    "0008 0040624404 3468", "0060 3038", "0161 3138", "000528486560", "00062848656068", "003860",
    "00285060", "103850", "0018325860", "0018345860", "00072732375760", "0068 6008", "1058 5018",
    "0034 6034 3438", "0034 6018", "00246004 3438", "6241120517466268", "524102052757515768",
    "63311204184763 6368", "60683305072857", "6068 6433050728576464", "60680668335305174865",
    "04646230030628586766", "05546331130517385766", "053451311215285766", "604021280404 0454",
    "62503037 1454", "605031281909 0565", "00080523436468", "10180523436468", "000806345468",
    "42472807 4040", "43483817 4141", "3338 3131", "0008 630568", "0008 05536305 0568",
    "08020513242825436468", "0208051323242823435468", "080312272343465368", "02080523436468",
    "020806345568", "12180523436468", "0208 033253645606", "02080332536456361606", "0208061454",
    "2027485867 0353", "303748 1252", "020628476262 6268", "02051747636268", "120628556368",
    "023862", "02284562", "0218325862", "02083348536863", "0268 6208", "0268 6208 3535",
    "0235 6218", "0205274562 625728", "3137 0464", "3038 0565", "2027 0454", "0464", "0563",
    "0365", "0464 0464", "0363 0565", "0262 0666", "3137 1355 5315", "3038 0266 0662",
    "2117 5147 0363 0565", "2018 5048 0262 0666", "6008 1001122110 5545566755",
    "6008 0002131100 5668574656", "68113041052864", "682111304105274866", "581020313205273764",
    "610467", "016407", "600468", "006408", "510458", "02104062443536 3838",
    "0110506233 3436 3838", "453424354653311205285867", "554434253747566442200317385868",
    "043064", "143054", "05234563", "04224462", "0464 426446", "3038 153855", "30680830",
    "3048016118 30", "40111840", "10404818", "50202858", "10505818", "5020321435462858",
    "1040325435264818", "3035 3838", "3034 3738", "3232 3636", "2122 2627", "3232 3638",
    "2022 4042", "052860", "042860", "40200205183865624020 2233 4233 2546",
    "40200205183865624020 2222 4242 254645", "0060 0464 0868", "0008 2028 4048 6068",
    "0060 0363 0565 0868", "0026416268", "00205060 6848 2808", "0820485068",
    "624220020518376462 6268", "62311104173754 6068", "614120031628574351 5168",
    "0008 0040513404 5465573808", "000800405134045465573808",
    "615020020617285766 3666", "61301104173866 2565", "3338 3031",
    "4328 4140", "0105174756 505868", "513112163757 515268", "402012152747 41475868",
    "68123020412516284765", "0028 6048 2446",
)  # fmt: skip


def bank(symbols: list[str]) -> np.ndarray:
    """Sample symbols along their strokes, with corners and smoothed.

    Returns float32 (len(symbols), 2, 160, 2): per symbol the angular and the smooth (Catmull–Rom)
    version, points (x, y) evenly spaced along the strokes, in the grid's units.
    """
    return np.stack(
        [np.stack([_sample(strokes_of(s), smooth) for smooth in (False, True)]) for s in symbols]
    ).astype(np.float32)


def scribbles(count: int, seed: int) -> np.ndarray:
    """Make random scribbles of one to three strokes, in the form of `bank`: (count, 2, 160, 2)."""
    random = np.random.default_rng(seed)
    out = []
    for _ in range(count):
        strokes = [
            random.uniform((0, 0), (6, 8), size=(random.integers(3, 8), 2))
            for _ in range(random.integers(1, 4))
        ]
        out.append(np.stack([_sample(strokes, smooth) for smooth in (False, True)]))
    return np.stack(out).astype(np.float32)


def strokes_of(symbol: str) -> list[np.ndarray]:
    """Give a symbol's strokes: float64 (points, 2) each, (x, y) in the grid's units, y down."""
    return [
        np.array([(int(s[i]), int(s[i + 1])) for i in range(0, len(s), 2)], float)
        for s in symbol.split()
    ]


def _sample(strokes: list[np.ndarray], smooth: bool) -> np.ndarray:
    dense = [_catmull_rom(s) if smooth and len(s) > 2 else _polyline(s) for s in strokes]
    lengths = np.array([_length(d) for d in dense]) + 0.3  # a dot has some length too
    counts = np.maximum(2, np.floor(lengths / lengths.sum() * POINTS)).astype(int)
    counts[np.argmax(counts)] += POINTS - counts.sum()
    return np.concatenate([_evenly(d, n) for d, n in zip(dense, counts, strict=True)])


def _polyline(points: np.ndarray) -> np.ndarray:
    steps = np.linspace(0, len(points) - 1, 24 * len(points))
    index = np.arange(len(points))
    return np.stack([np.interp(steps, index, points[:, axis]) for axis in (0, 1)], axis=1)


def _catmull_rom(points: np.ndarray) -> np.ndarray:
    """Catmull and Rom, "A class of local interpolating splines", 1974: a curve through all."""
    ends = np.concatenate([points[:1], points, points[-1:]])
    t = np.linspace(0, 1, 24)[:, None]
    spans = [
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2
               + (3 * b - a - 3 * c + d) * t**3)
        for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False)
    ]  # fmt: skip
    return np.concatenate(spans)


def _length(dense: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(dense, axis=0), axis=1).sum())


def _evenly(dense: np.ndarray, count: int) -> np.ndarray:
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(dense, axis=0), axis=1))])
    steps = np.linspace(0, along[-1], count)
    return np.stack([np.interp(steps, along, dense[:, axis]) for axis in (0, 1)], axis=1)
