"""Invented names, Chinese with their pinyin: no place of this county exists."""

import numpy as np

COUNTY = ("岚江县", "Lanjiang County")
RIVER = ("岚江", "Lan River")
NEIGHBOURS = (("禾岭县", "Heling County"), ("云渡县", "Yundu County"), ("松塘县", "Songtang County"))
TOWN = ("岚城镇", "Lancheng")
SEATS = (
    ("桐坪镇", "Tongping"),
    ("古塘镇", "Gutang"),
    ("白渡镇", "Baidu"),
    ("石垌乡", "Shidong"),
    ("龙柏乡", "Longbai"),
    ("平桑镇", "Pingsang"),
    ("云朗乡", "Yunlang"),
    ("禾洞乡", "Hedong"),
)
# neighbourhood committees of the town; the last two stand apart, by the factories
COMMITTEES = (
    ("中街社区", "Zhongjie"),
    ("榕荫社区", "Rongyin"),
    ("码头社区", "Matou"),
    ("工业园社区", "Gongyeyuan"),
    ("新区社区", "Xinqu"),
)

_FIRST = (
    "那 Na,板 Ban,弄 Nong,岜 Ba,百 Bai,坡 Po,龙 Long,古 Gu,六 Liu,陇 Long,平 Ping,上 Shang,"
    "下 Xia,大 Da,小 Xiao,新 Xin,"
    "东 Dong,西 Xi,石 Shi,白 Bai,黄 Huang,青 Qing,山 Shan,双 Shuang,三 San,老 Lao,"
    "长 Chang,高 Gao,巴 Ba,果 Guo,麻 Ma,枫 Feng"
)
_SECOND = (
    "林 Lin,塘 Tang,洞 Dong,江 Jiang,垌 Dong,楼 Lou,桑 Sang,隆 Long,良 Liang,旺 Wang,朗 Lang,"
    "怀 Huai,合 He,坪 Ping,岭 Ling,"
    "桥 Qiao,峒 Dong,田 Tian,井 Jing,坎 Kan,湾 Wan,柏 Bai,兰 Lan,榕 Rong,沙 Sha,"
    "屋 Wu,坛 Tan,水 Shui,寨 Zhai,桂 Gui,竹 Zhu,泉 Quan"
)


def village_names(n: int, rng: np.random.Generator) -> list[tuple[str, str]]:
    """Draw `n` different names of villages as (Chinese, pinyin)."""
    first, second = ([pair.split() for pair in text.split(",")] for text in (_FIRST, _SECOND))
    pairs = rng.permutation(len(first) * len(second))
    named: dict[str, str] = {}
    for pair in pairs:
        (a, sound_a), (b, sound_b) = first[pair // len(second)], second[pair % len(second)]
        if a != b:
            named.setdefault(a + b, sound_a + sound_b.lower())
        if len(named) == n:
            break
    return list(named.items())
