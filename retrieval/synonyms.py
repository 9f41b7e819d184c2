"""Words for the same kind of thing, British and American, everyday and trade: any member of a line stands for all."""

from __future__ import annotations

from functools import cache

from retrieval.text import singulars

_GROUPS = """
trainers, sneakers, tennis shoes, athletic shoes, sports shoes
jumper, sweater, pullover, knitwear
sofa, couch, settee, loveseat
sofa bed, convertible sofa, sleeper sofa, pull out sofa, futon
trousers, pants, slacks, chinos
mobile, mobile phone, cell phone, cellphone, smartphone, phone, handset
laptop, notebook computer, notebook, laptop computer
tv, television, telly, smart tv
hoover, vacuum, vacuum cleaner
fridge, refrigerator
freezer, deep freezer
earbuds, earphones, in ear headphones, earpods
headphones, headset
rucksack, backpack, daypack, knapsack
torch, flashlight
nappies, diapers
pram, stroller, pushchair, buggy
cot, crib
dummy, pacifier
hob, cooktop
cooker, stove
duvet, comforter, quilt
swimsuit, swimming costume, bathing suit, swimwear
sweets, candy
rubbish bin, trash can, garbage can, waste bin, dustbin
wellies, wellington boots, rain boots, gumboots
dressing gown, bathrobe
handbag, purse
bum bag, fanny pack, waist bag
raincoat, rain jacket, waterproof jacket
coat, jacket
anorak, parka
glasses, spectacles, eyeglasses
felt tips, markers
wardrobe, armoire
chest of drawers, dresser
bedside table, nightstand
lamp, light
curtains, drapes
cushion, throw pillow
kettle, tea kettle
frying pan, skillet
oven gloves, oven mitts
tea towel, dish towel
coffee machine, coffee maker, espresso machine
blender, smoothie maker
mixer, stand mixer
cutlery, silverware, flatware
tumbler, travel mug
water bottle, drinking bottle
cool box, cooler
barbecue, bbq, grill
lawnmower, lawn mower
spanner, wrench
drill, power drill
tap, faucet
bicycle, bike, push bike
jigsaw, jigsaw puzzle, puzzle
soft toy, plush, stuffed animal, cuddly toy
dungarees, overalls
tights, pantyhose
t shirt, tee
tracksuit, sweatsuit
hoodie, hooded sweatshirt
vest top, tank top
slippers, house shoes
heels, high heels, stilettos
perfume, fragrance, eau de toilette
moisturizer, face cream
lipstick, lip color
hair dryer, hairdryer, blow dryer
razor, shaver
fishing rod, fishing pole
sleeping bag, sleep sack
beanie, bobble hat, woolly hat, knit hat
slow cooker, crockpot
crockery, dinnerware, plates
fleece, fleece jacket
sectional, sectional sofa, corner sofa
notepad, writing pad
gym bag, duffel bag, holdall, sports bag
moka pot, stovetop espresso maker
wok, stir fry pan
flowers, bouquet, flower arrangement
suitcase, trolley case, luggage
hand luggage, cabin bag, carry on
washing machine, washer
tumble dryer, clothes dryer
hair straightener, flat iron
activewear, workout clothes, sportswear
air fryer, airfryer
ice box, cool box
hiking poles, trekking poles
walking boots, hiking boots
power bank, portable charger
memory stick, usb stick, flash drive, thumb drive, usb drive
monitor, computer screen
router, wifi router
smartwatch, smart watch
fitness tracker, activity tracker
camera bag, camera case
games console, game console, video game console
speaker, loudspeaker
keyboard piano, digital piano
fountain pen, ink pen
diary, planner
wrapping paper, gift wrap
aubergine, eggplant
courgette, zucchini
biscuits, cookies
crisps, potato chips
dog lead, leash
cat litter, litter
"""


@cache
def _table() -> dict[tuple[str, ...], list[tuple[str, ...]]]:
    table: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for line in _GROUPS.strip().splitlines():
        members = [tuple(singulars(member)) for member in line.split(",")]
        for member in members:
            table.setdefault(member, []).extend(other for other in members if other != member)
    return table


def synonyms(phrase: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Other phrases for the same kind of thing, as singular words; those of the whole phrase, or else of its last
    word with what stands before it kept (`running trainers` → `running sneaker`)."""
    table = _table()
    for length in range(len(phrase), 0, -1):
        others = table.get(phrase[-length:])
        if others:
            return [phrase[:-length] + other for other in dict.fromkeys(others)]
    return []
