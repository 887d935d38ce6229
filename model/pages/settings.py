"""What was tuned to read pages and single digits, in one place: sizes in pixels, doubts, ratios."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LeastInk:
    """How faint a stroke may be: where others are nearby, on a page, and beside sure ink."""

    nearby: float  # of the strokes' strength nearby, below which it is their rim
    on_page: float  # of the page's typical stroke, below which it is a crease
    beside: float  # standard deviations of the paper's grain, where it is connected with sure ink


@dataclass(frozen=True)
class PageSettings:
    """What reading pages needs; it was chosen on synthetic pages and photographs.

    A doubt is the negative logarithm of the belief that a mark is a digit, in nats.
    """

    # Size of the picture that is read.
    read_side: int = 1600  # px; larger pictures are read at this size, unless digits come out small
    least_side: int = 640  # px; smaller pictures are enlarged
    pen_side: int = 800  # px; the width of a pen is measured at this size or up to twice it
    one_digit_side: int = 48  # px; smaller pictures hold one digit
    least_digit: int = 32  # px; digits smaller than this are read from a larger picture
    least_legible: int = 10  # px; what is lower is no digit
    few_marks: int = 40  # a page of more hardly mistakes its paper for ink

    # Ink told from paper.
    least_contrast: float = 0.035  # share of the paper's light that the faintest stroke takes
    sure_ink: float = 5.0  # standard deviations of the paper's grain that surely are ink
    usual_ink: LeastInk = LeastInk(0.35, 0.2, 3.0)
    # Likewise, where not all is read so: a pen that skips, and squared paper or a stained one.
    other_inks: tuple[LeastInk, ...] = (LeastInk(0.05, 0.1, 2.0), LeastInk(0.35, 0.6, 3.0))
    blot: float = 0.7  # of a stroke's longer side, that the widest place of a digit's never has
    blot_grain: float = 0.08  # likewise, that holes in what is solid are wide at most
    on_edge: float = 0.9  # of a stroke's ink, that lies where the paper's brightness jumps, if all
    most_tilt: float = 27.0  # degrees; people tilt a page by up to 25
    tilt_gain: float = 1.15  # unevenness of lines at a tilt, compared with none, at least
    tilt_gain_a_degree: float = 0.03  # more for each degree

    # Perspective.
    line_length: float = 0.25  # of the picture's longer side, that a line has at least
    solid: float = 0.025  # likewise, from which on ink is far thicker than a line
    least_skew: float = 1.2  # degrees between lines that are parallel or at right angles on paper
    most_skew: float = 25.0  # likewise; beyond it they are no such lines

    # Rules and boxes told from digits.
    rule: float = 3.0  # heights of a digit that a rule is longer than
    rule_at_edge: float = 1.8  # likewise, of one that runs out of the picture
    tick: float = 0.65  # of a digit's height; the strokes of a comb are lower
    crumb: float = 0.5  # of a digit's height; what is left of rules is smaller
    evident: float = 0.3  # of the marks of one height, that digits are; not of squares or text
    most_evidence: int = 400  # components read as they stand, the largest first
    word: float = 2.0  # heights that what is wider comes last there, as words do whose letters join
    most_ones: int = 20  # and ten for each other digit of a page: more of them are dashes
    straight: float = 1.5  # heights of a digit that a straight run in what is left is longer than
    dash_gap: float = 0.08  # of a digit's height; dashes of a rule are no farther apart
    dash: float = 0.35  # of a digit's height; dashes of a rule are shorter
    least_dashes: int = 24  # on a page that has dashed rules
    least_box: float = 0.7  # of a digit's height; smaller holes are no boxes
    box_alike: float = 0.12  # of their sides, by which boxes of one row differ at most
    box_rim: float = 0.08  # of a box's inside, within which what is left of its sides lies
    askew: float = 0.2  # of a box's side, by which boxes that are drawn by hand are askew at most
    box_seen: float = 0.5  # of the sides of a box in a row of others, that is seen at least
    box_aspect: float = 2.0  # of the longer side to the shorter, of boxes that stand apart, at most
    written: float = 0.4  # of a box's height, from which ink in it is writing
    cell_hole: float = 0.03  # of a box's area, from which a hole in it may be a cell
    beyond_box: float = 0.2  # of a box's shorter side, that digits in it may reach beyond
    slimmest_cell: float = 0.4  # of its height, that a cell of a row is wide at least
    cell_slack: float = 0.06  # of a cell's width, by which a line between two may be aside
    cell_side: float = 0.85  # of a row's height, along which such a line is seen
    most_in_box: int = 6  # such holes in a box; a grid has more
    box_side: float = 0.88  # of a hole's side that is straight ink, if it is a box
    ring_side: float = 0.5  # of each side of its box, near which a ring around a digit has ink
    ring_within: float = 0.1  # of such a ring's ink, that does not lie near its sides
    rule_width: float = 0.15  # of a digit's height; a rule is thinner
    rule_slim: float = 0.04  # of its length; likewise, if it is no thicker than two strokes
    on_rule: float = 3.0  # times as long as a rule is thick, that a stroke on it is at least
    crossing: tuple[float, ...] = (-1.0, -0.5, 0.0, 0.5, 1.0)  # px along a rule a px across it
    crossed: float = 0.5  # of a digit's height along a rule, that a stroke which crosses it hides
    darker: float = 1.5  # times the rules' strength, that of digits from which on it tells them
    faint_rule: float = 1.3  # times the rules' strength, below which a stroke then is one's remains
    line_seen: float = 0.6  # of a hole's height, through which a line is seen that parts it
    hole_side: float = 0.7  # of a hole's side that it reaches, likewise
    like_height: tuple[float, float] = (0.6, 1.5)  # of the digits', that another digit has
    cut_places: float = 0.25  # of its height, that strokes which the picture's end cuts are apart
    like_strength: float = 0.6  # of the digits', that one among them has at least

    # Cells of tables.
    table: tuple[int, int] = (3, 3)  # rows and columns that a table has at least
    few_squares: int = 24  # cells, up to which a lattice may be some squares of squared paper
    goes_on: float = 0.35  # of a cell's width, within which digits beside them belong to a line
    most_cells: int = 900  # boxes on a page; more of them are squared paper
    open_ends: int = 6  # columns, and rows, beyond the cells found that may lack sides
    cell_rim: float = 0.06  # of a cell's side, the depth within which a rule may reach into it
    deep_in_cell: float = 0.15  # of a cell's side, likewise where paper curls
    erased_in_cell: float = 0.12  # of its area, from which on words in it were taken for rules
    kept_in_cell: float = 0.8  # of its ink, that a stroke has in a cell if it is no rule's
    on_wall: float = 0.7  # of a stroke between cells, which is left of the lines there
    wall_gap: float = 0.12  # of a cell's side, across which a line between cells goes on
    slim_wall: float = 0.35  # of its longer side, that such a stroke is wide, leaning as it may
    cell_sizes: tuple[float, float] = (0.75, 1.4)  # of its box, that the ground of a cell may have
    middle_of_cell: float = 0.2  # of a cell's side, beyond which no line lies in it
    least_upright: int = 4  # cells with level and upright sides, next to which others may lean
    corner: float = 0.05  # of its outline, by which the sides of one that leans may bend
    four_sided: float = 0.9  # of the area of one that leans, that its four corners span
    low_digit: float = 0.45  # of the height of a table's digits, that one in a small hand has
    line_piece: float = 0.12  # of a cell's side, below which a stroke may be a rule's piece
    faint_wall: float = 0.5  # of a cell's side, along which a line too faint for a rule is seen
    cell_gap: float = 0.35  # of a cell's side; cells that adjoin are no farther apart
    least_in_cell: float = 0.2  # of a cell's height; lower strokes tell nothing
    highest_in_cell: float = 0.95  # of a cell's height; digits on squared paper are higher
    cell_side_near: float = 0.1  # of a cell's shorter side, that a one stands from its line
    cut_off: float = 0.1  # of a stroke beside a table, on the paper's edge: it is cut off there
    words: float = 0.7  # of the marks on a line beside a table, fewer of which are digits
    cells_kept: float = 0.7  # of the strokes in a table keep to one cell

    # Pieces put together to digits.
    cluster_pieces: int = 10  # pieces in one cluster; larger ones are parted at their widest gap
    join_sure: float = 1.5  # nats it costs to join two pieces that are sure digits
    joined_pieces: int = 5  # pieces of one digit, at most

    # Touching digits cut apart.
    seam_side: int = 40  # px; height at which seams are sought
    seam_gap: float = 3.5  # px at that height between two seams, on average
    seam_count: int = 32  # seams tried for one piece
    seams_a_width: int = 14  # likewise, for each height that the piece is wide
    seam_slants: tuple[float, ...] = (-0.75, -0.5, -0.3, -0.15, 0.0, 0.2)  # columns a row
    seam_bend: float = 0.4  # px of ink that a sideways step weighs
    shared: float = 0.35  # of the piece's height: ink that two parts share is no wider
    share: float = 0.1  # doubt that it costs
    left_out: float = 2.0  # doubt that it would cost to leave out all of a piece's ink
    most_left_out: float = 0.1  # of a piece's ink, without which its parts are sure digits
    slim: float = 0.5  # width over height of pieces that are tried on a page of digits
    slim_alone: float = 0.7  # likewise, on any other page
    wide_alone: float = 1.0  # likewise, of pieces that are no slim letters there
    parts_doubt: float = 0.6  # doubt allowed to the parts together, on a page of digits
    parts_doubt_alone: float = 0.4  # likewise, on any other page
    parts_doubt_slim: float = 0.25  # likewise, to the parts of what may be a slim letter
    part_doubt: float = 0.05  # of one of them, from which on it is a guess there
    parts_doubt_accepted: float = 0.1  # likewise, where the whole is accepted as a digit
    too_wide: float = 1.4  # width over height that a digit hardly has: tried though accepted
    widest: float = 2.0  # width over height from which on nothing is accepted as a digit
    flagged: tuple[int, ...] = (2, 5, 7)  # digits whose strokes may be so long; not the others
    abreast: float = 0.7  # width over height from which on two rings may stand side by side
    tall_hole: float = 0.3  # of the piece's height, that such a ring's hole has at least
    large_hole: float = 0.025  # of the piece's box, likewise
    hole_part: tuple[float, float] = (0.15, 0.01)  # of the same, that a part of a hole has
    most_holes: int = 3  # in a digit: those of an eight with a slash
    broad: float = 1.1  # width over height from which on a refused piece is hardly one digit
    broad_doubt: float = 0.03  # from which on a broad piece is tried, though it is accepted
    widest_part: float = 1.3  # width of a part over the height of the piece it is cut from
    widest_ring: float = 1.2  # times that, of a part with nothing in its middle, as in a wide zero
    hopeless: float = 2.0  # doubt beyond `refused`, from which on a narrow piece is no digit
    least_part: float = 0.6  # of the piece's height; lower parts are no digits of their own
    least_part_of_digit: float = 0.75  # likewise, of a piece that may well be a digit itself
    least_ink: float = 0.15  # of a digit's share of the piece's ink, in each part
    band_doubt: float = 0.25  # doubt of a part that is as wide as several digits
    most_cut: int = 12  # pieces that are tried; a page with more refused holds text or a pattern

    # Signs, in heights of a digit where nothing else is said.
    tall_share: float = 0.6  # from which on a piece may be a digit of its own
    dot_side: float = 0.24  # below which a piece is a dot
    least_dot: float = 0.035  # smaller ones are grain
    dots_a_digit: float = 2.0  # a page with more dots for each digit has dotted paper
    dot_reach: float = 0.8  # from the next digit to a point or a comma
    sign_reach: float = 2.5  # likewise, to any other sign
    point_place: float = 0.75  # of the digits' height, below which a dot is a point
    stroke_width: float = 0.2  # of its height, that a single stroke is wide at most
    slash_lean: float = 0.18  # px across a px up that a slash leans at least
    most_lean: float = 1.5  # likewise, at most
    sure_lean: float = 0.75  # likewise, at most if it is hardly higher than digits: some ones do
    sure_height: float = 1.2  # of the digits' height, from which on a slash may lean farther
    slash_more: float = 0.28  # by which it leans more than the page's ones, if it may be a slash
    slash_height: float = 4.0  # weight of its height beyond the digits beside it, added to its lean
    slash: float = 0.9  # of that sum, from which on a stroke is a slash
    slash_unsure: float = 0.55  # likewise, from which on it may be one
    symbol_height: float = 1.05  # heights of the digits beside it that a single bracket or a $ has
    pair_height: float = 0.85  # likewise, of the digits between a pair of brackets
    bracket_bend: float = 0.09  # of its height, by which a bracket is bent
    bracket_off: float = 2.5  # times that it is bent more than it leaves an arc
    item_gap: float = 1.5  # times that the space behind an item's bracket is the one before it
    dollar_reach: float = 0.1  # of its width, that a dollar sign's S has on each side of the bar
    dollar_width: float = 0.85  # of its height, that a dollar sign is wide at most
    percent_ring: float = 0.62  # of a percent sign's bar, that its rings are high and wide at most
    percent_gap: float = 0.4  # likewise, by which they lie apart from it at most
    percent_space: float = 0.5  # behind a percent sign, at least
    percent_width: tuple[float, float] = (0.45, 1.3)  # of its height, that it is wide
    percent_apart: float = 0.06  # of its width, between the holes of rings that are joined to it
    percent_hole: float = 0.004  # of its box, that each of them has at least
    percent_lean: float = 0.15  # px across a px up that its bar leans at least
    percent_bar: float = 0.9  # of a straight line along its bar, that is ink
    percent_wrong: float = 0.2  # of what lies beside it, that is before its foot or behind its head
    percent_rest: float = 0.12  # of its height, that a ring reaches beyond the bar, at least

    # Orientation.
    sense: float = 0.85  # share of marks accepted from which on upright makes sense
    least_turned: int = 3  # digits that tell how a page is turned
    clear_turn: float = 0.95  # of marks, that are digits if a turn that is only likely is right
    turn_gain: float = 0.7  # nats that marks gain by a turn, on average, if it tells at all
    turn_loses: float = 3.0  # nats by which a digit is surely lost or won by a turn
    turn_lost: float = 0.2  # digits lost, compared with those won, at most
    turn_regret: int = 3  # digits that a turn has to win for each that it loses
    turn_tells: float = 0.5  # nats by which a turn tells

    # Lines and groups.
    group_gap: float = 1.3  # heights of a digit between two groups of a line, at least
    group_share: float = 2.2  # times the gap usual on the page, likewise

    filled_share: float = 0.2  # of the boxes that hold digits, if they are cells of a form

    # Doubt, and what other digits vouch for. A company of sure digits is the line's or the
    # page's: how many, what share of the marks, and the doubt that passes among them, which is a
    # belief of one in five, among many of one in twenty.
    sure: float = 0.98  # confidence from which on a digit that is read is sure
    clear: float = 0.9  # likewise, from which on it is read whatever stands beside it
    vouched: float = 0.4  # likewise, if the digits beside it vouch for it
    overlap: float = 0.4  # of a part's width within its neighbours, from which rings overlap
    hook: float = 0.01  # probability of 1 and of 7, from which on a mark may be either
    hook_belief: float = 0.7  # that it is a digit at all, from which on the hand decides
    hand_odds: float = 25.0  # to one, that a hook is what the rest of the hand says
    plain: float = 0.45  # width over height of a 1 without a flag, set upright, at most
    hooked: float = 1.35  # times as wide as the page's plain ones is what has a hook, at least
    bar: float = 0.3  # of the height, by which the bar of a 7 is wider than its stem
    faint: float = 0.5  # of the other digits' strength, that a sure one has at least
    hair: float = 0.5  # of the width of the other digits' strokes, that a one has at least
    likeness: float = 0.1  # of correlation, that a mark is more like one digit than like another
    alike: float = 0.88  # of correlation, from which on two marks are the same digit of one hand
    like_odds: float = 10.0  # to one, that a mark which is not sure is what it is alike
    refused: float = 2.0  # doubt that a mark costs which the network does not accept
    one: float = 0.2  # doubt of a part that is read as 1: many a stroke of another digit is
    most_marks: int = 1000  # on a page whose words are told from its writing
    small_print: float = 0.75  # of the digits' height, below which marks may be print
    digits_alike: float = 0.8  # of the marks of one height, that digits are, if writing is so high
    word_gap: float = 0.8  # heights of the lower of two marks of a word, by which they are apart
    letter_gap: float = 0.3  # of the digits' height, by which letters of a word are apart at most
    low_letter: tuple[float, float] = (0.55, 0.8)  # of a refused one's height, that o or s has
    letters: float = 0.2  # of lower marks, more of which are no digits in print
    many_unsure: int = 6  # of them, from which on those that are only unsure are taken for letters
    row_alike: int = 8  # marks of one digit in a row, from which on they may be rings
    row_uneven: float = 0.15  # of the distance of two of these, by which others differ less
    # Marks of one height, from which on a page may be a pattern or text, and the share of digits
    # among them, below which it is.
    crowds: tuple[tuple[int, float], ...] = ((60, 0.3), (20, 0.1))
    companies: tuple[tuple[str, int, float, float], ...] = (
        ("page", 10, 0.9, 5.0),
        ("line", 2, 0.6, 3.6),
        ("page", 5, 0.8, 3.6),
    )
    # Likewise, of the line of a mark that stands between two sure digits.
    between: tuple[int, float, float] = (3, 0.75, 6.5)


@dataclass(frozen=True)
class OneDigitSettings:
    """What finding the one digit of a picture needs; it was chosen on drawings and photographs.

    "Ink" is what `preprocessing` found of all strokes, "part" a connected part of it.
    """

    inked: int = 51  # of 255, from which a pixel belongs to a stroke
    sure: float = 0.9  # of the network, from which what was left out is believed to be no digit's

    # A ring, a box, a stray dot.
    inner: float = 0.22  # of a frame's longer side, from which what it surrounds may be a digit
    around: float = 0.8  # of all directions in which a frame lies around what it surrounds
    slash: float = 0.35  # tangent of the slant from which a stroke in a ring is a zero's slash
    speck: float = 0.15  # of the largest part's ink, up to which a part may be a stray dot
    apart: float = 0.25  # of the digit's longer side, by which a stray dot lies apart
    mark: float = 0.02  # of a digit's ink, that a sign beside it has at least
    dot: float = 0.005  # of a ring's ink, that an eye in it has at least

    # Groups of ink that stand apart.
    gap: float = 0.12  # of the longer side of the larger of two parts, up to which they are near
    small: float = 0.3  # of a part's longer side, up to which one above or below may be its dot
    dot_gap: float = 0.35  # of that side, by which a dot lies apart at most
    grain: float = 0.05  # of the largest part's ink, that a part of a group has at least
    island: float = 0.3  # of the largest group's longer side, from which a group is looked at
    least_island: float = 0.04  # of the picture's longer side, from which it is
    like: tuple[float, float] = (0.5, 1.6)  # of its height: least height, most width of its like
    same_pen: float = 0.5  # of its width, that the strokes of another digit of a number have
    most_parts: int = 60  # a picture with more is a page or a texture
    beside: float = 0.035  # probability, from which a group beside a digit may be one as well

    # A closed outline, as of a house or a heart.
    convex: float = 0.87  # of its hull's area that it holds, if it is closed
    hollow: float = 0.75  # of its area that is ink, at most: a thick stroke is a one
    sharp: float = 55.0  # degrees that each of three corners turns; digits turn by 51 at most
    star_corner: float = 45.0  # likewise of five, if they are those of a star
    star_holes: int = 5  # that a star has at least
    star_wide: float = 1.5  # of its height, at most; three digits are wider
    notch: float = 0.06  # of its longer side, that a heart is notched above
    notch_aside: float = 0.15  # of its width, that the notch lies off the middle at most

    # Straight lines.
    least_ruled: int = 48  # px; smaller pictures show no ruled lines, nor corners
    rules_side: int = 1000  # px; larger pictures are reduced to this to tell rules from strokes
    line: float = 0.8  # of the ink's width or height, from which a straight run is a line
    span: float = 0.9  # of the picture's width or height, from which ink may be ruled lines
    rest: tuple[float, float] = (0.25, 0.85)  # of the ink's longer side, that is left without lines
    foot: float = 0.6  # of the ink's height, below which a line is an underline
    underlined: float = 0.85  # of its width, that a digit above an underline has at most
    juts_out: float = 0.02  # of its width, by which an underline juts out on both sides
    crumb: float = 0.1  # of the largest part's ink, below which a part is what is left of a line

    # A cell cut from a grid.
    least_cell: int = 20  # px; a smaller picture is no such cell
    cell_band: float = 0.2  # of a cell's height or width, in which its lines lie
    cell_lines: int = 3  # at least, along the edges of a cell
    cell_slack: float = 0.035  # of a cell's height or width, by which they may be askew

    # A digit that an edge of the picture cuts.
    sure_side: int = 1600  # px; the box of a larger picture's digit is known to some pixels only
    room: float = 0.1  # of the ink's longer side, from which there is room beside it


TUNED = PageSettings()
ONE_DIGIT = OneDigitSettings()
